import { serialise } from '../../inbox/stage.ts';
import type { ChannelClient } from '../../channel/client.ts';
import { readDelivery } from '../../channel/answers.ts';
import { ACTIVATION, DELIVERIES } from '../../channel/protocol.ts';
import { isRefused } from '../../channel/refusal.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { idOfParcel } from '../../lineage/deletion.ts';
import { isInstalled } from '../../state/results.ts';
import { failure, OK } from '../../base/outcome.ts';
import type { Delivery } from '../delivery.ts';
import { LIMITS } from '../../system/limits.ts';
import { pause } from '../../system/pause.ts';

/** An installer that has been waiting for it takes some dozen milliseconds; a web server's test may take a minute. */
const ASK_AFTER_MS = { first: 10, growth: 1.2, most: 250 };

/** Somebody has activated it: its installer has begun, or is about to. */
const TAKEN: ReadonlySet<string> = new Set(['activated', 'installing']);

/**
 * Through the peer's agent. systemd starts an installer within a second as a rule, or 10 s after one that could not do its work.
 * @param takenWithinMs milliseconds after which nobody is taken to install what was activated
 */
export function createHttpDelivery(client: ChannelClient, takenWithinMs: number = LIMITS.startMs): Delivery {
  const hasTaken = async (peer: ClusterNode, id: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await client.request(peer, 'GET', `${DELIVERIES}/${id}`, { signal, read: readDelivery });
    return answer.isOk && (TAKEN.has(answer.body.state) || isInstalled(answer.body.state));
  };

  return {
    async stage(peer, parcel, signal) {
      const path = `${DELIVERIES}/${idOfParcel(parcel)}`;
      const answer = await client.request(peer, 'PUT', path, { body: serialise(parcel), signal });
      return answer.isOk ? OK : failure(answer.reason);
    },
    async activate(peer, { id, stamp }, signal) {
      // An agent of before there were stamps looks at no body.
      const body = stamp === null ? {} : { body: { stamp } };
      const path = `${DELIVERIES}/${id}/${ACTIVATION}`;
      const answer = await client.request(peer, 'POST', path, { ...body, signal });
      if (answer.isOk) return OK;
      // Another node's sync may have brought the same bundle meanwhile, and the installer taken both for one.
      const isThere = !answer.isSilent && (await hasTaken(peer, id, signal));
      return isThere ? OK : failure(answer.reason);
    },
    async result(peer, id, signal) {
      let idleSinceMs = performance.now();
      for (let pauseMs = ASK_AFTER_MS.first; !signal.aborted; pauseMs *= ASK_AFTER_MS.growth) {
        const answer = await client.request(peer, 'GET', `${DELIVERIES}/${id}`, {
          signal,
          read: readDelivery,
        });
        if (answer.isOk && 'messages' in answer.body) return answer.body;
        // An agent that does not answer, or waits for its disk, tells nothing of its installer; one that knows no such bundle does.
        const isBusy = answer.isOk ? answer.body.state === 'installing' : !isRefused(answer);
        if (isBusy) idleSinceMs = performance.now();
        if (performance.now() - idleSinceMs > takenWithinMs) return null;
        const ms = Math.min(pauseMs, ASK_AFTER_MS.most);
        await pause(ms, signal);
      }
      return null;
    },
  };
}
