import { readResponse } from '../../channel/answers.ts';
import type { ChannelClient } from '../../channel/client.ts';
import { CHALLENGES } from '../../channel/protocol.ts';
import { isRefused } from '../../channel/refusal.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import type { LookupOptions } from './lookup.ts';

/** A token and a key authorization, and what JSON adds. */
const MAX_BYTES = 1_024;

/** Asks peers over the channel. An agent of a version without this route has no response, as far as it says. */
export function askPeers(
  nodes: readonly ClusterNode[],
  client: Pick<ChannelClient, 'request'>,
): Pick<LookupOptions, 'peers' | 'ask'> {
  const known = new Map(nodes.map((node) => [node.name, node]));
  return {
    peers: [...known.keys()],
    ask: async (peer, token, signal) => {
      const node = known.get(peer);
      if (node === undefined) return undefined;
      const options = { signal, read: readResponse, maxBytes: MAX_BYTES };
      const answer = await client.request(node, 'GET', `${CHALLENGES}/${token}`, options);
      if (answer.isOk) return answer.body.token === token ? answer.body.keyAuthorization : null;
      return answer.reason.code === 'agent-refuses' && isRefused(answer) ? null : undefined;
    },
  };
}
