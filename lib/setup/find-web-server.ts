import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
}

/** Where web servers live; a user's PATH often lacks it. */
const ADMIN_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Each with the names of its program and of its unit. */
const NAMES = [
  ['nginx', ['nginx']],
  ['apache', ['apache2', 'httpd']],
  ['caddy', ['caddy']],
  ['haproxy', ['haproxy']],
] as const satisfies readonly (readonly [WebServerKind, readonly string[]])[];

/** The web server of this host: the one whose unit is active, or else the one that is installed. */
export async function findWebServer(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<FoundWebServer> {
  const path = [...(env['PATH'] ?? '').split(':').filter(Boolean), ...ADMIN_PATH];
  const extended = { ...env, PATH: path.join(':') };
  const isInstalled = (program: string) => path.some((directory) => existsSync(join(directory, program)));
  const installed = NAMES.filter(([, names]) => names.some(isInstalled));
  const ask = async (argv: readonly string[]) =>
    await runCommand(argv, { timeoutMs: LIMITS.askMs, signal, env: extended });
  const units: readonly string[] = installed.flatMap(([, names]) => names);
  // A line a unit, in the order of the question; nothing where systemd does not run.
  const states = units.length > 0 ? (await ask(['systemctl', 'is-active', ...units])).stdout.split('\n') : [];
  const isActive = (unit: string) => states[units.indexOf(unit)] === 'active';
  const active = installed.filter(([, names]) => names.some(isActive));
  const candidates = (active.length > 0 ? active : installed).map(([kind]) => kind);
  const [first = null, second] = candidates;
  const kind = second === undefined ? first : null;
  const { dump } = defaultCommands('nginx', false);
  const hasDump = dump !== undefined && candidates.includes('nginx');
  return { kind, candidates, webroot: hasDump ? challengeWebroot((await ask(dump)).stdout) : null };
}
