import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ifItKnows } from '../system/sync-files.ts';
import { writeWhole } from '../system/write-file.ts';
import type { Challenge } from './challenge.ts';

type Response = Pick<Challenge, 'token' | 'keyAuthorization'>;

/**
 * Writes one response aside and renames it, so that nobody sees a part of it.
 * @param isDurable its content survives a loss of power; its name does after `syncDirectory`
 */
export async function writeToken(
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
