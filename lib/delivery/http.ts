import { setTimeout as sleep } from 'node:timers/promises';
import { serialise } from '../bundle/staging.ts';
import type { ChannelClient } from '../channel/client.ts';
import { readDelivery } from '../channel/answers.ts';
import { ACTIVATION, DELIVERIES } from '../channel/protocol.ts';
import type { ClusterNode } from '../config/config.ts';
import { failure, OK, type Outcome } from '../outcome.ts';
import type { Delivery } from './delivery.ts';

const ASK_EVERY_MS = 100;

/** Through the peer's agent. */
export function createHttpDelivery(client: ChannelClient): Delivery {
  const send = async (
    peer: ClusterNode,
    method: 'PUT' | 'POST',
    path: string,
    options: { readonly body?: unknown; readonly signal: AbortSignal },
  ): Promise<Outcome> => {
    const answer = await client.request(peer, method, path, options);
    return answer.isOk ? OK : failure(answer.reason);
  };

  const isInstalled = async (peer: ClusterNode, id: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await client.request(peer, 'GET', `${DELIVERIES}/${id}`, { signal, read: readDelivery });
    return answer.isOk && ['installed', 'unchanged'].includes(answer.body.state);
  };

  return {
    confirms: true,
    stage: async (peer, bundle, signal) =>
      await send(peer, 'PUT', `${DELIVERIES}/${bundle.manifest.leaf.sha256}`, {
        body: serialise(bundle),
        signal,
      }),
    async activate(peer, id, signal) {
      const sent = await send(peer, 'POST', `${DELIVERIES}/${id}/${ACTIVATION}`, { signal });
      // Another node's sync may have brought the same bundle meanwhile, and the installer taken both for one.
      return sent.isOk || !(await isInstalled(peer, id, signal)) ? sent : OK;
    },
    async result(peer, id, signal) {
      while (!signal.aborted) {
        const answer = await client.request(peer, 'GET', `${DELIVERIES}/${id}`, {
          signal,
          read: readDelivery,
        });
        if (answer.isOk && 'messages' in answer.body) return answer.body;
        await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined); // the loop's condition looks at the signal
      }
      return null;
    },
  };
}
