import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { notInTime } from '../system/hung.ts';
import { ifItKnows, syncDirectory } from '../system/sync-files.ts';
import { writeWhole } from '../system/write-file.ts';
import type { Challenge } from './challenge.ts';
import { removeTokens } from './token-files.ts';

type Response = Pick<Challenge, 'token' | 'keyAuthorization'>;

/** Writes all, one after another, or none of them. @param options.signal ends it before the next one */
export async function writeTokens(
  directory: string,
  challenges: readonly Response[],
  { isDurable, signal }: { readonly isDurable: boolean; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const written: string[] = [];
  const unlessEnded = () => {
    if (signal?.aborted) throw notInTime(directory, signal);
  };
  try {
    for (const challenge of challenges) {
      unlessEnded();
      await writeToken(directory, challenge, isDurable);
      written.push(challenge.token);
    }
    if (isDurable) await syncDirectory(directory);
    // Whoever waits for it no more may have removed the last one before it was there.
    unlessEnded();
  } catch (error) {
    // What keeps one from being written may keep the others from being removed: it is told, and not this.
    await removeTokens(directory, written).catch(() => []);
    throw error;
  }
}

/**
 * Writes one response aside and renames it, so that nobody sees a part of it.
 * @param isDurable its content survives a loss of power; its name does after `syncDirectory`
 */
async function writeToken(
  directory: string,
  { token, keyAuthorization }: Response,
  isDurable = false,
): Promise<void> {
  const options = { mode: 0o644, isShared: true, isDurable, isNameSynced: false };
  await writeWhole(join(directory, token), keyAuthorization, options);
}

/**
 * Writes one response as most other programs do: empty at first, and then what it has.
 * @param whileEmpty called when it is there, and empty
 */
export async function writeTokenInPlace(
  directory: string,
  { token, keyAuthorization }: Response,
  whileEmpty: () => Promise<unknown>,
): Promise<void> {
  const handle = await open(join(directory, token), 'wx', 0o644);
  try {
    await whileEmpty();
    await handle.writeFile(keyAuthorization);
    await ifItKnows(handle.sync());
  } finally {
    await handle.close();
  }
}
