import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FindingOf } from '../findings/register.ts';
import { wordsOf } from '../findings/words.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import { defaultCommands, type WebServerKind } from '../webserver/kinds.ts';
import { challengeWebroot } from './nginx-webroot.ts';

export interface FoundWebServer {
  /** null: none, or several of which nothing decides which it is */
  readonly kind: WebServerKind | null;
  readonly candidates: readonly WebServerKind[];
  /** that challenges are served from already; null: not known */
  readonly webroot: string | null;
  /** why that is not known, though there is a web server to say it */
  readonly problems: readonly FindingOf<'webroot-not-known'>[];
}

export interface FindWebServerOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** whether anybody needs to know it */
  readonly isWebrootWanted: boolean;
  /** where web servers live beside PATH; a user's PATH often lacks it */
  readonly adminPath?: readonly string[];
  /** how much of what nginx says of its configuration is read; default 16 Mi characters */
  readonly maxChars?: number;
}

const ADMIN_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
/** More than the configuration of a host with thousands of sites. */
const MAX_DUMP_CHARS = 16_777_216;

/** Each with the names of its program and of its unit. */
const NAMES = [
  ['nginx', ['nginx']],
  ['apache', ['apache2', 'httpd']],
  ['caddy', ['caddy']],
  ['haproxy', ['haproxy']],
] as const satisfies readonly (readonly [WebServerKind, readonly string[]])[];

/** The web server of this host: the one whose unit is active, or else the one that is installed. */
export async function findWebServer(options: FindWebServerOptions): Promise<FoundWebServer> {
  const { signal, isWebrootWanted, adminPath = ADMIN_PATH, maxChars = MAX_DUMP_CHARS } = options;
  const path = [...(options.env['PATH'] ?? '').split(':').filter(Boolean), ...adminPath];
  const env = { ...options.env, PATH: path.join(':') };
  const isInstalled = (program: string) => path.some((directory) => existsSync(join(directory, program)));
  const installed = NAMES.filter(([, names]) => names.some(isInstalled));
  const units: readonly string[] = installed.flatMap(([, names]) => names);
  const ask = async () =>
    await runCommand(['systemctl', 'is-active', ...units], { timeoutMs: LIMITS.askMs, signal, env });
  // A line a unit, in the order of the question; nothing where systemd does not run.
  const states = units.length > 0 ? (await ask()).stdout.split('\n') : [];
  const isActive = (unit: string) => states[units.indexOf(unit)] === 'active';
  const active = installed.filter(([, names]) => names.some(isActive));
  const candidates = (active.length > 0 ? active : installed).map(([kind]) => kind);
  const [first = null, second] = candidates;
  const kind = second === undefined ? first : null;
  const isAsked = isWebrootWanted && candidates.includes('nginx');
  const dumped = isAsked ? await webrootOfNginx({ env, signal, maxChars }) : { webroot: null, problems: [] };
  return { kind, candidates, ...dumped };
}

async function webrootOfNginx({
  env,
  signal,
  maxChars,
}: Readonly<Required<Pick<FindWebServerOptions, 'env' | 'signal' | 'maxChars'>>>): Promise<
  Pick<FoundWebServer, 'webroot' | 'problems'>
> {
  const argv = defaultCommands('nginx', false).dump ?? [];
  const { code, trouble, stdout } = await runCommand(argv, {
    timeoutMs: LIMITS.testMs,
    maxChars,
    signal,
    env,
  });
  const isCut = stdout.length >= maxChars;
  const webroot = challengeWebroot(isCut ? fromNextFile(stdout) : stdout);
  const end = code === 0 ? 'too long' : trouble ? wordsOf(trouble) : `exit ${code}`;
  // What is found in a part of it is there, whatever the rest says.
  const isKnown = webroot !== null || (code === 0 && !isCut);
  const problems = isKnown ? [] : [{ code: 'webroot-not-known', command: argv.join(' '), end } as const];
  return { webroot, problems };
}

/** Where a part begins within a quotation, all quotes would be taken for one another. */
function fromNextFile(dump: string): string {
  const at = dump.search(/^# configuration file /m);
  return at === -1 ? '' : dump.slice(at);
}
