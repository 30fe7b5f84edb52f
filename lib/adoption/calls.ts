import { basename } from 'node:path';

/** What a command of an operator's asks a service for: `systemctl reload nginx`, `service nginx stop`, `nginx -s reload`. */
export interface Call {
  readonly verb: string;
  readonly units: readonly string[];
}

/** Programs that serve and are asked by options of their own: what each option stands for, and the unit. */
const SERVERS: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  apachectl: 'apache2',
  apache2ctl: 'apache2',
  apache2: 'apache2',
  httpd: 'apache2',
};
const TESTS: ReadonlySet<string> = new Set(['-t', 'configtest']);
const SAME_UNIT: Readonly<Record<string, string>> = { httpd: 'apache2' };
const MAX_LENGTH = 1_000;

/**
 * The calls that a hook consists of, one behind the other; null where a part of it is something else, or something is done
 * with what it says.
 */
export function callsIn(command: string): readonly Call[] | null {
  if (command.length > MAX_LENGTH || /[`$(){}\n]/.test(command)) return null;
  const parts = command
    .replaceAll(/(?:\d|&)?>{1,2}\s*(?:&\d|\/dev\/null)/g, ' ')
    .split(/&&|\|\||;/)
    .map((part) => part.trim().split(/\s+/).filter(Boolean))
    .filter(
      (words) =>
        words.length > 0 && !(words.length === 1 && ['true', ':'].includes(basename(words[0] ?? ''))),
    );
  const calls = parts.map(callOf);
  return parts.length > 0 && calls.every((call) => call !== null) ? calls : null;
}

function callOf(given: readonly string[]): Call | null {
  const words = basename(given[0] ?? '') === 'sudo' ? given.slice(1) : given;
  const [path = '', ...rest] = words.map((word) => word.replaceAll(/^["']|["']$/g, ''));
  const program = basename(path);
  const args = rest.filter((word) => !word.startsWith('-'));
  if (program === 'systemctl') return call(args[0], args.slice(1));
  if (['service', 'invoke-rc.d', 'rc-service'].includes(program)) return call(args[1], args.slice(0, 1));
  if (/^\/etc\/(?:init|rc)\.d\/[^/]+$/.test(path)) return call(args[0], [program]);
  const unit = Object.hasOwn(SERVERS, program) ? SERVERS[program] : undefined;
  if (unit === undefined) return null;
  const last = rest.at(-1);
  return call(last !== undefined && TESTS.has(last) ? 'test' : (last ?? 'start'), [unit]);
}

function call(verb: string | undefined, units: readonly string[]): Call | null {
  if (verb === undefined || units.length === 0) return null;
  const plain = units.map((unit) => unit.replace(/\.service$/, ''));
  return { verb, units: plain.map((unit) => SAME_UNIT[unit] ?? unit) };
}
