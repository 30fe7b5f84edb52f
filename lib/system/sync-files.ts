import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';

/** What a file system says that does not know a call. */
export const UNKNOWN_CALL = ['EINVAL', 'ENOSYS', 'ENOTSUP'] as const;

/** A sync that a file system does not know, as some in user space do not, is none, and what was written is there nevertheless. */
export async function ifItKnows(syncing: Promise<void>): Promise<void> {
  await syncing.catch((error: unknown) => {
    if (!hasErrorCode(error, ...UNKNOWN_CALL)) throw error;
  });
}

/** Syncs the names in a directory, where its file system knows that of directories. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(join(directory, '.'), 'r');
  try {
    await ifItKnows(handle.sync()).catch((error: unknown) => {
      if (!hasErrorCode(error, 'EBADF', 'EISDIR')) throw error;
    });
  } finally {
    await handle.close();
  }
}

/** Syncs the content of a file. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await ifItKnows(handle.sync());
  } finally {
    await handle.close();
  }
}
