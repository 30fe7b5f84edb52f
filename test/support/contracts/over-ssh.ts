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
  const [here, down, hanging] = [on(sshd.port), on(await freePort([peer.address])), on(silent.port)];
  return {
    transport: here,
    down: {
      transport: down,
      peer,
      reason: /^ssh: port \d+: connection refused: is sshd running there\? \[connection-refused\]$/,
    },
    hanging: { transport: hanging, peer },
    secrets: (await readFile(sshd.identityFile, 'utf8')).split('\n').slice(1, -2),
    close: async () => {
      silent.close();
      // A run that outlives its call has its files below the test's directory.
      await Promise.all([here, down, hanging].map(async (transport) => await transport.close()));
      await sshd.close();
    },
  };
}
