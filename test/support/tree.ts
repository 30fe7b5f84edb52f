import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Everything below a directory, a line each: path, mode and content. Two trees are equal when these are. */
export async function treeOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode } = await lstat(path);
      const content = entry.isFile() ? await readFile(path, 'utf8') : '';
      return `${relative(root, path)} ${(mode & 0o7777).toString(8)} ${content}`;
    }),
  );
  return lines.toSorted();
}
