import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that is there, and when it came: greater is newer. */
export interface Dated {
  readonly name: string;
  readonly at: number | string;
}

/** The names beyond the newest ones. */
export function beyondNewest(dated: readonly Dated[], count: number): readonly string[] {
  return dated
    .toSorted((one, other) => (one.at === other.at ? 0 : one.at < other.at ? 1 : -1))
    .slice(count)
    .map(({ name }) => name);
}

/**
 * Dates entries of a directory, links themselves. What is gone, or cannot be looked at, is the oldest.
 * @param by `mtimeMs`, which a file's owner can set, or `ctimeMs`, which nobody can
 */
export async function datedBy(
  by: 'mtimeMs' | 'ctimeMs',
  directory: string,
  names: readonly string[],
): Promise<readonly Dated[]> {
  return await Promise.all(
    names.map(async (name) => ({
      name,
      at: await lstat(join(directory, name)).then(
        (stat) => stat[by],
        () => 0,
      ),
    })),
  );
}
