import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import type { WebServerKind } from '../webserver/kinds.ts';
import { listenersOn } from './listeners.ts';

/** The web servers of this host that there is a kind for. */
export interface ServersHere {
  readonly installed: readonly WebServerKind[];
  /** which have port 80, or else port 443, where certificates are */
  readonly listening: readonly WebServerKind[];
  /** whose unit is active, or which have one of these ports */
  readonly running: readonly WebServerKind[];
  /** whose unit starts at boot */
  readonly enabled: readonly WebServerKind[];
  /** the program that has port 80, where it is none of these */
  readonly stranger: string | null;
}

export interface ServersHereOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly isInstalled: (program: string) => boolean;
}

/** Each with the names of its program, of its process and of its unit. */
const NAMES = [
  ['nginx', ['nginx']],
  ['apache', ['apache2', 'httpd']],
  ['caddy', ['caddy']],
  ['haproxy', ['haproxy']],
] as const satisfies readonly (readonly [WebServerKind, readonly string[]])[];

/** Asks for ports and units. */
export async function serversHere({ env, signal, isInstalled }: ServersHereOptions): Promise<ServersHere> {
  const installed = NAMES.filter(([, names]) => names.some(isInstalled));
  const units: readonly string[] = installed.flatMap(([, names]) => names);
  const kindsIn = async (question: string, state: string) => {
    if (units.length === 0) return [];
    const { stdout } = await runCommand(['systemctl', question, ...units], {
      timeoutMs: LIMITS.askMs,
      signal,
      env,
    });
    // A line a unit, in the order of the question; nothing where systemd does not run.
    const states = stdout.split('\n');
    return kindsOf(units.filter((_, index) => states[index] === state));
  };
  const [active, enabled, listeners] = await Promise.all([
    kindsIn('is-active', 'active'),
    kindsIn('is-enabled', 'enabled'),
    listenersOn([80, 443], { env, signal }),
  ]);
  const programs = listeners.get(80) ?? [];
  const [onPort80, onPort443] = [kindsOf(programs), kindsOf(listeners.get(443) ?? [])];
  return {
    installed: installed.map(([kind]) => kind),
    listening: onPort80.length > 0 ? onPort80 : onPort443,
    running: [...new Set([...onPort80, ...onPort443, ...active])],
    enabled,
    stranger: onPort80.length > 0 ? null : (programs[0] ?? null),
  };
}

function kindsOf(names: readonly string[]): readonly WebServerKind[] {
  return NAMES.filter(([, own]) => own.some((name) => names.includes(name))).map(([kind]) => kind);
}
