import { utimes } from 'node:fs/promises';
import { isAbsent } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { targetOf } from '../system/read-file.ts';
import { writeWhole } from '../system/write-file.ts';
import { layoutOf } from './layout.ts';

/** What is mounted answers in milliseconds. */
const LOOK_TIMEOUT_MS = 1_000;

/**
 * Notes that `certbot-ha notify` has seen the cluster from here: `stateDir/looked`, whose time tells when. Where it cannot be
 * noted, the other nodes find that it does not look, which is to be told then.
 */
export async function noteLooked(stateDir: string): Promise<void> {
  const { looked } = layoutOf(stateDir);
  const now = new Date();
  try {
    // A full disk has room for a time.
    await utimes(looked, now, now).catch(async (error: unknown) => {
      if (!isAbsent(error)) throw error;
      await writeWhole(looked, '', { mode: 0o644, isShared: true, isDurable: false });
    });
  } catch (error) {
    expectedFindings(error);
  }
}

/** Tells how many seconds ago that was; null: never, or its file system does not answer. */
export function createLooked(stateDir: string): () => Promise<number | null> {
  const { looked } = layoutOf(stateDir);
  // One call that hangs holds a thread, and each other one would hold another: who asks meanwhile waits for the same.
  let asking: ReturnType<typeof targetOf> | null = null;
  const ask = async () => {
    asking ??= targetOf(looked).finally(() => {
      asking = null;
    });
    return await asking;
  };
  return async () => {
    try {
      const stat = await unlessHung(looked, deadline(LOOK_TIMEOUT_MS), ask);
      // One that was made before the clock was set back says as little as an old one.
      return stat === null ? null : Math.round(Math.abs(Date.now() - stat.mtimeMs) / 1000);
    } catch (error) {
      expectedFindings(error);
      return null;
    }
  };
}
