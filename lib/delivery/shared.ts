import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUNDLES, MARKERS, resultFile, sharedInbox } from '../bundle/layout.ts';
import { MAX_RESULT_BYTES } from '../bundle/leave-result.ts';
import { markActivated, serialise, stageBundle, stateInInbox } from '../bundle/staging.ts';
import type { ClusterNode } from '../config/config.ts';
import { CertbotHaError, hasErrorCode } from '../errors.ts';
import { readSmall } from '../files/read-small.ts';
import { failure, OK, type Outcome } from '../outcome.ts';
import type { Delivery } from './delivery.ts';
import { leftResult } from './left-result.ts';

const ASK_EVERY_MS = 200;

/** Into the peers' inboxes on a shared filesystem, where the installers leave their answers as well. */
export function createSharedDelivery(stateDir: string): Delivery {
  const attempt = async (peer: ClusterNode, run: (inbox: string) => Promise<void>): Promise<Outcome> => {
    try {
      const inbox = sharedInbox(stateDir, peer);
      for (const part of [dirname(inbox), inbox, join(inbox, BUNDLES), join(inbox, MARKERS)]) {
        await makeOwn(part);
      }
      await run(inbox);
      return OK;
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    stage: async (peer, bundle) =>
      await attempt(peer, async (inbox) => {
        await stageBundle(inbox, bundle.manifest.leaf.sha256, serialise(bundle));
      }),
    activate: async (peer, id) =>
      await attempt(peer, async (inbox) => {
        if (!(await markActivated(inbox, id)))
          throw new CertbotHaError('failed', `no bundle ${id} is staged`);
      }),
    async result(peer, id, signal) {
      const inbox = sharedInbox(stateDir, peer);
      const isWaiting = async () => (await stateInInbox(inbox, id)) === 'activated';
      while (!signal.aborted && (await isWaiting())) {
        await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined); // the loop's condition looks at the signal
      }
      if (!(await isWaiting())) {
        return leftResult(id, await readSmall(join(inbox, resultFile(id)), MAX_RESULT_BYTES));
      }
      const messages = ['it has not been taken yet: does certbot-ha-sync.timer run there?'];
      return { id, lineage: null, state: 'failed', messages, at: new Date().toISOString() };
    },
  };
}

/** Root writes keys here: no other user may be able to put a link in the way. */
async function makeOwn(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasErrorCode(error, 'EEXIST')) throw error;
  });
  const { uid, mode } = await lstat(directory).then((stat) => {
    if (stat.isDirectory()) return stat;
    throw new CertbotHaError('failed', `${directory}: expected a directory`);
  });
  const own = process.getuid?.() ?? 0;
  if (uid === own && (mode & 0o022) === 0) return;
  throw new CertbotHaError(
    'failed',
    `${directory}: with transport shared it has to belong to user ${own} alone, and belongs to user ${uid} with mode ${(mode & 0o777).toString(8).padStart(4, '0')}`,
  );
}
