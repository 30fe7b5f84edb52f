import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { isUnreadable } from '../base/errors.ts';

/** The names in a directory of this process's user; none where there is no such directory, or it is a link or somebody else's. */
export function ownEntriesOf(directory: string): readonly string[] {
  return (
    orNull(() => {
      const stat = lstatSync(directory);
      return stat.isDirectory() && stat.uid === process.geteuid?.() ? readdirSync(directory) : [];
    }) ?? []
  );
}

/** A plain file of this process's user; null where there is none, or it is a link, somebody else's or larger. */
export function readOwn(
  file: string,
  maxBytes: number,
): { readonly text: string; readonly mtimeMs: number } | null {
  return orNull(() => {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile() || stat.uid !== process.geteuid?.() || stat.size > maxBytes) return null;
      return { text: readFileSync(descriptor, 'utf8'), mtimeMs: stat.mtimeMs };
    } finally {
      closeSync(descriptor);
    }
  });
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}
