import type { Unknown } from '../../state/results.ts';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { resultFile } from '../../inbox/layout.ts';
import { MAX_RESULT_BYTES, leftResult } from '../../inbox/answer.ts';
import { makeSharedInbox } from '../../inbox/shared.ts';
import { markActivated, serialise, stageBundle } from '../../inbox/stage.ts';
import { stateInInbox } from '../../inbox/staged.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { idOfParcel } from '../../lineage/deletion.ts';
import { CertbotHaError, findingsOf } from '../../base/errors.ts';
import { readSmall } from '../../system/read-untrusted.ts';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import { lineOf } from '../../findings/words.ts';
import { layoutOf } from '../../state/layout.ts';
import { isInstalled, type InstallResult } from '../../state/results.ts';
import type { Delivery } from '../delivery.ts';
import { deadline, within } from '../../system/deadline.ts';
import { unlessHung } from '../../system/hung.ts';
import { pause } from '../../system/pause.ts';

/** The host that has it mounted may be lost, and what is written then is in nobody's hands but the disk's. */
const DURABLE = { isDurable: true } as const;
const ASK_EVERY_MS = 200;
const MAX_AT_ONCE = 2;
/** For one look, by a file server that is there. */
const LOOK_TIMEOUT_MS = 10_000;
const LAST_LOOK_TIMEOUT_MS = 1_000;

/** Into the peers' inboxes on a shared filesystem, where the installers leave their answers as well. */
export function createSharedDelivery(stateDir: string): Delivery {
  const inboxOf = ({ name }: ClusterNode) => layoutOf(stateDir).sharedOf(name);
  // A file server that is away must not take the threads for the files of this host as well.
  const few = pLimit(MAX_AT_ONCE);
  const attempt = async (
    peer: ClusterNode,
    signal: AbortSignal,
    run: (inbox: string) => Promise<void>,
  ): Promise<Outcome> => {
    try {
      const inbox = inboxOf(peer);
      await unlessHung(inbox, signal, async () =>
        few(async () => {
          if (signal.aborted) return;
          await makeSharedInbox(inbox);
          await run(inbox);
        }),
      );
      return OK;
    } catch (error) {
      return failure(findingsOf(error)[0]);
    }
  };
  return {
    stage: async (peer, parcel, signal) =>
      await attempt(peer, signal, async (inbox) => {
        const id = idOfParcel(parcel);
        // One that waits for the installer already must not change under its hands.
        if ((await stateInInbox(inbox, id)) !== 'activated')
          await stageBundle(inbox, id, serialise(parcel), DURABLE);
      }),
    activate: async (peer, { id, stamp }, signal) =>
      await attempt(peer, signal, async (inbox) => {
        if (await markActivated(inbox, id, stamp, DURABLE)) return;
        // Another node's sync may have brought the same bundle meanwhile, and the installer taken both for one.
        const { state } = await leftIn(inbox, id);
        if (!isInstalled(state)) throw new CertbotHaError('failed', { code: 'bundle-not-staged', id });
      }),
    result: async (peer, id, signal) =>
      await resultIn(inboxOf(peer), id, signal).catch((error: unknown): Unknown => {
        // A file server that is away, as a rule.
        return { state: 'unknown', reason: findingsOf(error)[0] };
      }),
  };
}

async function leftIn(inbox: string, id: string) {
  return leftResult(id, await readSmall(join(inbox, resultFile(id)), MAX_RESULT_BYTES));
}

async function resultIn(inbox: string, id: string, signal: AbortSignal): Promise<InstallResult | Unknown> {
  const isWaiting = async () => (await stateInInbox(inbox, id)) === 'activated';
  const isWaitingNow = async () => await unlessHung(inbox, within(signal, LOOK_TIMEOUT_MS), isWaiting);
  while (!signal.aborted && (await isWaitingNow().catch(unlessAborted(signal)))) {
    await pause(ASK_EVERY_MS, signal);
  }
  const last = deadline(LAST_LOOK_TIMEOUT_MS);
  if (!(await unlessHung(inbox, last, isWaiting))) {
    return await unlessHung(inbox, last, async () => await leftIn(inbox, id));
  }
  const found = { code: 'not-taken-yet' } as const;
  const at = new Date().toISOString();
  return { id, lineage: null, state: 'failed', findings: [found], messages: [lineOf(found)], at };
}

/** A look that the end of the time has cut off is none. */
function unlessAborted(signal: AbortSignal) {
  return (error: unknown): true => {
    if (signal.aborted) return true;
    throw error;
  };
}
