import { setTimeout as sleep } from 'node:timers/promises';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Transport } from '../../../lib/transports/transport.ts';

/** How a peer behaves; a peer that is not named is up. */
export type PeerState = 'up' | 'down' | 'hanging';

/** Carries tokens into the peers' webroots directly: the contract without a network. */
export function createFakeTransport(stateOf: (peer: ClusterNode) => PeerState = () => 'up') {
  const calls: string[] = [];

  async function reach(
    peer: ClusterNode,
    signal: AbortSignal,
    act: () => Promise<unknown>,
  ): Promise<Outcome> {
    switch (stateOf(peer)) {
      case 'up':
        await act();
        return OK;
      case 'down':
        return failure({ code: 'connection-refused', who: 'agent', port: null, error: 'ECONNREFUSED' });
      case 'hanging':
        await sleep(60_000, undefined, { signal }).catch(() => undefined); // only the signal ends it
        return failure({ code: 'agent-silent' });
    }
  }

  const transport = {
    name: 'fake',
    abilities: { hasAgents: false, isWebrootShared: false, source: 'given', needsKey: false },
    present: async (peer, challenges, signal) => {
      calls.push(`present ${peer.name} ${challenges.length}`);
      return await reach(peer, signal, async () => {
        const webroot = createWebroot(peer.webroot);
        await webroot.check();
        await webroot.write(challenges);
      });
    },
    cleanUp: async (peer, tokens, signal) => {
      calls.push(`cleanUp ${peer.name} ${tokens.length}`);
      return await reach(peer, signal, async () => await createWebroot(peer.webroot).remove(tokens));
    },
    close: async () => undefined,
  } satisfies Transport;
  return { transport, calls };
}
