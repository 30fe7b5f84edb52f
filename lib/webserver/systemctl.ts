import { basename } from 'node:path';

/** A call of systemctl, taken apart. */
export interface SystemctlCall {
  /** the command up to its verb */
  readonly systemctl: readonly string[];
  readonly verb: string;
  /** what comes after the verb and is no unit */
  readonly options: readonly string[];
  readonly units: readonly string[];
}

/** Those that do something to units which may start them, or is of use to those that run. */
const VERBS: ReadonlySet<string> = new Set(
  (
    'reload reload-or-restart try-reload-or-restart reload-or-try-restart restart try-restart ' +
    'condrestart force-reload condreload start kill'
  ).split(' '),
);
/** Options of systemctl(1) that take the next argument, if it is not joined to them. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  (
    '-H --host -M --machine -s --signal --kill-who --kill-whom --kill-value -n --lines -o ' +
    '--output --job-mode -t --type -p --property -P --state'
  ).split(' '),
);

/** Null where a command is no systemctl's, or names no unit. `service NAME VERB` is systemctl's where systemd runs the host. */
export function systemctlCall(argv: readonly string[]): SystemctlCall | null {
  const service = argv.findIndex((argument) => basename(argument) === 'service');
  const [name, asked] = service === -1 ? [] : argv.slice(service + 1);
  if (name !== undefined && asked !== undefined && VERBS.has(asked)) {
    return { systemctl: [...argv.slice(0, service), 'systemctl'], verb: asked, options: [], units: [name] };
  }
  const at = argv.findIndex((argument) => basename(argument) === 'systemctl');
  const verbAt = argv.findIndex((argument, index) => index > at && VERBS.has(argument));
  const verb = argv[verbAt];
  if (at === -1 || verb === undefined) return null;
  const options: string[] = [];
  const units: string[] = [];
  const rest = argv.slice(verbAt + 1);
  for (const [index, argument] of rest.entries()) {
    const isValue = WITH_VALUE.has(rest[index - 1] ?? '');
    (isValue || argument.startsWith('-') ? options : units).push(argument);
  }
  return units.length > 0 ? { systemctl: argv.slice(0, verbAt), verb, options, units } : null;
}
