import { abilitiesOf } from '../cluster/abilities.ts';
import { agentPlacesOf, placesIn } from '../cluster/agent-places.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { AGENT, AGENT_SOCKET } from '../cluster/own-units.ts';
import { running } from './command-step.ts';
import { placing } from './files.ts';
import { unitsOf, type Host } from './host.ts';
import { holding, socketDropIn } from './socket.ts';
import { noted, plan, take } from './step.ts';

/**
 * Has systemd hold the agent's addresses, as install does, for who starts the agent next. Nothing is done without an agent, without
 * systemd, and where the socket is masked or not there.
 * @throws {CertbotHaError} where it cannot; the agent then listens by itself
 */
export async function holdAddresses(
  cluster: Cluster,
  host: Pick<Host, 'root' | 'isForced' | 'now' | 'isDryRun' | 'out' | 'run'>,
): Promise<void> {
  if (!abilitiesOf(cluster.config).hasAgents) return;
  const units = await unitsOf(host);
  const socket = units?.get(AGENT_SOCKET);
  if (socket?.isKnown !== true || socket.enabled.startsWith('masked')) return;
  const { run } = host;
  const placed = await placing(socketDropIn(placesIn(await agentPlacesOf(cluster))), host);
  const isWritten = placed.steps.length > 0;
  const isDown = [AGENT_SOCKET, AGENT].every(
    (unit) => !['active', 'activating'].includes(units?.get(unit)?.state ?? ''),
  );
  const { steps } = plan(
    placed,
    isWritten || socket.isStale ? running(['systemctl', 'daemon-reload'], run) : noted(),
    holding(isWritten, units, run) ?? noted(),
    // A start of the agent would open it too, and not tell where that fails.
    isDown ? running(['systemctl', 'start', AGENT_SOCKET], run) : noted(),
  );
  for (const note of placed.notes.filter((one) => one.startsWith('kept: '))) host.out(note);
  if (steps.length > 0) await take(steps, host);
}
