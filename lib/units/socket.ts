import type { RunProgram, Units } from '../certbot/units-shown.ts';
import { AGENT, AGENT_SOCKET } from '../cluster/own-units.ts';
import { bracketed } from '../net/address.ts';
import type { SocketPlace } from '../net/listening-socket.ts';
import { running } from './command-step.ts';
import { UNITS, type SourceFile } from './files.ts';
import { plan, type Plan } from './step.ts';

/** Where the addresses of the agent's socket are. */
export const SOCKET_DROP_IN = `${UNITS}/${AGENT_SOCKET}.d/certbot-ha.conf`;

/** Those of this node. The first line takes away what the unit itself has. */
export function socketDropIn(places: readonly SocketPlace[]): SourceFile {
  const lines = places.map(({ address, port }) => `ListenStream=${bracketed(address)}:${port}`);
  return { file: SOCKET_DROP_IN, text: `${['[Socket]', 'ListenStream=', ...lines].join('\n')}\n` };
}

/**
 * Has systemd hold them, also from the next start of the agent on. systemd opens no socket for an agent that runs, so that is stopped
 * first.
 * @returns null where nothing is to be done
 */
export function holding(isWritten: boolean, units: Units | null, run: RunProgram): Plan | null {
  const socket = units?.get(AGENT_SOCKET);
  if (socket === undefined || socket.enabled.startsWith('masked')) return null;
  const isUp = (unit: string) => ['active', 'activating'].includes(units?.get(unit)?.state ?? '');
  const up = [AGENT_SOCKET, AGENT].filter(isUp);
  const isOther = isWritten || !isUp(AGENT_SOCKET);
  const steps = [
    ...(socket.enabled === 'enabled' ? [] : [['enable', AGENT_SOCKET]]),
    ...(isOther && up.length > 0
      ? [
          ['stop', ...up],
          ['start', AGENT_SOCKET, ...(isUp(AGENT) ? [AGENT] : [])],
        ]
      : []),
  ];
  return steps.length === 0 ? null : plan(...steps.map((words) => running(['systemctl', ...words], run)));
}
