import { utimes } from 'node:fs/promises';
import { isAbsent } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import type { Turn } from '../system/in-turn.ts';
import { targetOf } from '../system/read-file.ts';
import { sharedLook } from '../system/shared-look.ts';
import { writeWhole } from '../system/write-file.ts';
import { layoutOf } from './layout.ts';

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

/**
 * Tells how many seconds ago that was; null: never, or its file system does not answer.
 * @param turn for the look at it; default: one at a time
 */
export function createLooked(stateDir: string, turn?: Turn): () => Promise<number | null> {
  const { looked } = layoutOf(stateDir);
  const stat = async () => await targetOf(looked);
  const look = sharedLook(looked, async () => await (turn ? turn(stat) : stat()));
  return async () => {
    const stat = await look();
    // One that was made before the clock was set back says as little as an old one.
    return stat === null ? null : Math.round(Math.abs(Date.now() - stat.mtimeMs) / 1000);
  };
}
