import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCommand } from '../command.ts';
import { LAB_DIR, type Keeper } from '../keeper.ts';

/** A file tree that looks like another one and keeps its changes to itself. */
export interface Root {
  readonly name: string;
  /** As seen from inside the lab. */
  readonly path: string;
  /** As seen from here: to prepare files with node:fs. */
  readonly outside: string;
  /** What a tree over this one is made of, the uppermost first. */
  readonly layers: readonly string[];
}

/** An overlay over this machine's file tree, or over the `layers` of another root, which must not change any more. */
export async function mountRoot(
  keeper: Keeper,
  name: string,
  layers: readonly string[] = ['/'],
): Promise<Root> {
  const directory = join(LAB_DIR, name);
  const [upper, work, path] = ['upper', 'work', 'root'].map((part) => join(directory, part)) as [
    string,
    string,
    string,
  ];
  for (const part of [upper, work, path]) await mkdir(join(keeper.root, part), { recursive: true });
  await checkCommand(
    keeper.enter([
      'mount',
      '-t',
      'overlay',
      '-o',
      `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`,
      'lab',
      path,
    ]),
  );
  return { name, path, outside: join(keeper.root, path), layers: [upper, ...layers] };
}

/** From now on, and when they are booted, all have the first one's directory. */
export async function shareDirectory(keeper: Keeper, roots: readonly Root[], path: string): Promise<void> {
  const [first, ...others] = roots.map((root) => join(root.path, path));
  const all = [first ?? '', ...others];
  await checkCommand(keeper.enter(['mkdir', '-p', '-m', '0755', ...all]));
  for (const other of others) await checkCommand(keeper.enter(['mount', '--bind', first ?? '', other]));
}

/** From now on, and when it is booted, the root has a directory of `disks` as /disk. */
export async function bindDisk(keeper: Keeper, root: Root, disks: string): Promise<void> {
  const disk = join(root.path, 'disk');
  await checkCommand(keeper.enter(['mkdir', '-p', disk, join(disks, root.name)]));
  await checkCommand(keeper.enter(['mount', '--bind', join(disks, root.name), disk]));
}

/** The command that runs `argv` in a root that is not booted. */
export function inRoot(
  keeper: Keeper,
  root: Root,
  argv: readonly string[],
  network?: string,
): readonly string[] {
  return keeper.enter(argv, { network, root: root.outside });
}
