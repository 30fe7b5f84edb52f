import type { Unknown } from '../../state/results.ts';
import { join } from 'node:path';
import { resultFile } from '../../inbox/layout.ts';
import { MAX_RESULT_BYTES, leftResult } from '../../inbox/answer.ts';
import { makeSharedInbox } from '../../inbox/shared.ts';
import { markActivated, serialise, stageBundle } from '../../inbox/stage.ts';
import { stateInInbox } from '../../inbox/staged.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { CertbotHaError, findingsOf } from '../../base/errors.ts';
import { readSmall } from '../../system/read-untrusted.ts';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import { lineOf } from '../../findings/words.ts';
import { layoutOf } from '../../state/layout.ts';
import { isInstalled, type InstallResult } from '../../state/results.ts';
import type { Delivery } from '../delivery.ts';
import { pause } from '../../system/pause.ts';

const ASK_EVERY_MS = 200;

/** Into the peers' inboxes on a shared filesystem, where the installers leave their answers as well. */
export function createSharedDelivery(stateDir: string): Delivery {
  const inboxOf = ({ name }: ClusterNode) => layoutOf(stateDir).sharedOf(name);
  const attempt = async (peer: ClusterNode, run: (inbox: string) => Promise<void>): Promise<Outcome> => {
    try {
      const inbox = inboxOf(peer);
      await makeSharedInbox(inbox);
      await run(inbox);
      return OK;
    } catch (error) {
      return failure(findingsOf(error)[0]);
    }
  };
  return {
    stage: async (peer, bundle) =>
      await attempt(peer, async (inbox) => {
        const id = bundle.manifest.leaf.sha256;
        // One that waits for the installer already must not change under its hands.
        if ((await stateInInbox(inbox, id)) !== 'activated') await stageBundle(inbox, id, serialise(bundle));
      }),
    activate: async (peer, { id, stamp }) =>
      await attempt(peer, async (inbox) => {
        if (await markActivated(inbox, id, stamp)) return;
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
  while (!signal.aborted && (await isWaiting())) {
    await pause(ASK_EVERY_MS, signal);
  }
  if (!(await isWaiting())) return await leftIn(inbox, id);
  const found = { code: 'not-taken-yet' } as const;
  const at = new Date().toISOString();
  return { id, lineage: null, state: 'failed', findings: [found], messages: [lineOf(found)], at };
}
