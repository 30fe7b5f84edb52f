import { TRANSPORTS } from '../../cluster/abilities.ts';
import type { Challenge } from '../../challenge/challenge.ts';
import { createChannelClient } from '../../channel/client.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import { CHALLENGES, REMOVALS } from '../../channel/protocol.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import type { Transport } from '../transport.ts';

/** Pushes to each peer's agent: one connection and one request for a whole batch. */
export function createHttpTransport(self: string, keys: ClusterKeys): Transport {
  const client = createChannelClient(self, keys);

  async function send(
    peer: ClusterNode,
    method: 'PUT' | 'POST',
    path: string,
    options: { readonly body: unknown; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    const answer = await client.request(peer, method, path, options);
    return answer.isOk ? OK : failure(answer.reason);
  }

  return {
    name: 'http',
    abilities: TRANSPORTS.http,
    present: async (peer, challenges, signal) =>
      await send(peer, 'PUT', CHALLENGES, { body: { challenges: challenges.map(bodyOf) }, signal }),
    cleanUp: async (peer, tokens, signal) => await send(peer, 'POST', REMOVALS, { body: { tokens }, signal }),
    deliver: async () => {
      const { createHttpDelivery } = await import('./delivery.ts');
      return createHttpDelivery(client);
    },
    close: client.close,
  };
}

function bodyOf({ token, keyAuthorization }: Challenge) {
  return { token, keyAuthorization };
}
