import { readFile } from 'node:fs/promises';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Transport } from '../../../lib/transports/transport.ts';
import { freePort } from '../cluster/addresses.ts';
import { mute } from '../programs/mute-server.ts';
import type { Sshd } from '../programs/sshd.ts';
import type { TransportUnderTest } from './transport.ts';

type OverSsh = Pick<TransportUnderTest, 'transport' | 'down' | 'hanging' | 'secrets' | 'close'>;

/** A transport to an sshd, to a port where nobody listens, and to one where nobody says a word. @param on it, by the peer's port */
export async function overSsh(
  sshd: Sshd,
  peer: ClusterNode,
  on: (port: number) => Transport,
): Promise<OverSsh> {
  const silent = await mute(peer.address);
  return {
    transport: on(sshd.port),
    down: {
      transport: on(await freePort([peer.address])),
      peer,
      reason: /^ssh: port \d+: connection refused: is sshd running there\? \[connection-refused\]$/,
    },
    hanging: { transport: on(silent.port), peer },
    secrets: (await readFile(sshd.identityFile, 'utf8')).split('\n').slice(1, -2),
    close: async () => {
      silent.close();
      await sshd.close();
    },
  };
}
