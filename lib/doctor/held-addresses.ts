import type { Units } from '../certbot/units-shown.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import { agentPlacesOf, shownPlaces } from '../cluster/agent-places.ts';
import { AGENT_SOCKET } from '../cluster/own-units.ts';
import type { FindingOf } from '../findings/register.ts';
import type { Context } from './context.ts';

const SHOW_TIMEOUT_MS = 4_000;

/**
 * How the addresses that systemd holds for the agent differ from those of the configuration, as after a change of one, or where
 * somebody has enabled the socket by hand. Null: they do not, or systemd holds none.
 */
export async function heldAddresses(
  { cluster, env, run, signal }: Pick<Context, 'cluster' | 'env' | 'run' | 'signal'>,
  units: Units,
): Promise<FindingOf<'sockets-differ'> | null> {
  const socket = units.get(AGENT_SOCKET);
  const isUsed = socket?.state === 'active' || socket?.enabled === 'enabled';
  if (!isUsed || !abilitiesOf(cluster.config).hasAgents) return null;
  const argv = ['systemctl', 'show', '--value', '--property=Listen', AGENT_SOCKET];
  const { code, stdout } = await run(argv, { env, signal, timeoutMs: SHOW_TIMEOUT_MS });
  if (code !== 0) return null;
  const held = [...stdout.matchAll(/^(\S+) \(Stream\)$/gm)].map(([, place = '']) => place);
  const wanted = shownPlaces(await agentPlacesOf(cluster));
  const found = {
    held: held.filter((place) => !wanted.includes(place)),
    missing: wanted.filter((place) => !held.includes(place)),
  };
  return found.held.length + found.missing.length === 0 ? null : { code: 'sockets-differ', ...found };
}
