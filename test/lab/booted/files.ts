import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Root } from './roots.ts';

/** Writes a file of a root that is not booted. Its directories must not be absolute links. */
export async function put(root: Root, path: string, content: string, mode = 0o644): Promise<void> {
  const file = join(root.outside, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  // The mode given to writeFile is cut by the umask and is not for a file that exists.
  await chmod(file, mode);
}

/** Makes a symbolic link in a root that is not booted. */
export async function link(root: Root, path: string, target: string): Promise<void> {
  const file = join(root.outside, path);
  await mkdir(dirname(file), { recursive: true });
  await symlink(target, file);
}

export async function remove(root: Root, paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(join(root.outside, path), { recursive: true, force: true })));
}

/** Removes what is in a directory, not the directory. */
export async function empty(root: Root, path: string): Promise<void> {
  const names = await readdir(join(root.outside, path)).catch(() => []);
  await remove(
    root,
    names.map((name) => join(path, name)),
  );
}
