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
  const [units, listeners] = await Promise.all([
    unitsNamed(
      installed.flatMap(([, names]) => names),
      { env, signal },
    ),
    listenersOn([80, 443], { env, signal }),
  ]);
  const kindsWhere = (property: string) =>
    kindsOf(units.filter((unit) => unit.has(property)).flatMap(namesOf));
  const [active, enabled] = [kindsWhere('ActiveState=active'), kindsWhere('UnitFileState=enabled')];
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

/** What systemctl shows of a unit, `NAME=VALUE` each. */
type Shown = ReadonlySet<string>;

/** None where systemd does not run. `is-enabled` would end at the first that is not there. */
async function unitsNamed(
  names: readonly string[],
  { env, signal }: Pick<ServersHereOptions, 'env' | 'signal'>,
): Promise<readonly Shown[]> {
  if (names.length === 0) return [];
  const argv = ['systemctl', 'show', '--property=Names,ActiveState,UnitFileState', '--'];
  const units = names.map((name) => `${name}.service`);
  const { stdout } = await runCommand([...argv, ...units], { timeoutMs: LIMITS.askMs, signal, env });
  return stdout.split(/\n\n+/).map((block) => new Set(block.split('\n')));
}

/** `Names=httpd.service apache2.service`: an alias is asked for as well. */
function namesOf(shown: Shown): readonly string[] {
  const line = [...shown].find((one) => one.startsWith('Names=')) ?? '';
  return line
    .slice('Names='.length)
    .split(' ')
    .map((name) => name.replace(/\.service$/, ''));
}

function kindsOf(names: readonly string[]): readonly WebServerKind[] {
  return NAMES.filter(([, own]) => own.some((name) => names.includes(name))).map(([kind]) => kind);
}
