import { CHALLENGE_TRANSPORTS } from '../../cluster/abilities.ts';
import type { Challenge } from '../../challenge/challenge.ts';
import { createChannelClient } from '../../channel/client.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import { CHALLENGES, MAX_CHALLENGES, REMOVALS } from '../../channel/protocol.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { failure, inParts, OK, type Outcome } from '../../base/outcome.ts';
import type { SilentNodes } from '../../state/silent-nodes.ts';
import type { Transport } from '../transport.ts';

interface HttpOptions {
  /** who is known not to answer gets a short chance; absent: everybody gets a whole one */
  readonly silent?: SilentNodes;
  /** but for what is presented, which nobody is left out of */
  readonly isPatient?: boolean;
}

/** Pushes to each peer's agent: one connection and one request for a whole batch, or several where the agent takes no more at once. */
export function createHttpTransport(
  self: string,
  keys: ClusterKeys,
  { silent, isPatient = false }: HttpOptions = {},
): Transport {
  const client = createChannelClient(self, keys, silent);

  async function send(
    peer: ClusterNode,
    method: 'PUT' | 'POST',
    path: string,
    options: { readonly body: unknown; readonly signal: AbortSignal; readonly isPatient?: boolean },
  ): Promise<Outcome> {
    const answer = await client.request(peer, method, path, options);
    return answer.isOk ? OK : failure(answer.reason);
  }

  return {
    name: 'http',
    abilities: CHALLENGE_TRANSPORTS.http,
    present: async (peer, challenges, signal) =>
      await inParts(challenges.map(bodyOf), MAX_CHALLENGES, async (part) =>
        send(peer, 'PUT', CHALLENGES, { body: { challenges: part }, signal, isPatient }),
      ),
    cleanUp: async (peer, tokens, signal) =>
      await inParts(tokens, MAX_CHALLENGES, async (part) =>
        send(peer, 'POST', REMOVALS, { body: { tokens: part }, signal }),
      ),
    close: client.close,
  };
}

function bodyOf({ token, keyAuthorization }: Challenge) {
  return { token, keyAuthorization };
}
