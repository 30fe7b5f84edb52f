import { realpath, rmdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { hasErrorCode, isAbsent } from '../base/errors.ts';
import { mountPoints } from '../system/mounts.ts';
import { entriesOf, exists, orNone, statOf } from '../system/read-file.ts';
import { noted, plan, todo, type Plan } from './step.ts';

/** The directories that a tmpfiles.d file makes. */
export function directoriesIn(text: string): readonly string[] {
  return [...text.matchAll(/^d (\/\S+)/gm)].map(([, directory = '']) => directory);
}

/** Whether one of them is missing. */
export async function areMissing(directories: readonly string[], root: string): Promise<boolean> {
  const there = await Promise.all(directories.map(async (directory) => await exists(join(root, directory))));
  return there.includes(false);
}

/**
 * Removes directories that are empty, or are when what is gone by then is gone; the inner ones come first. What is mounted there, or what
 * a link leads to, may be other nodes' as well, and stays with all that is in it.
 * @param gone what the steps before remove
 * @param mounts where filesystems are mounted, and directories bound
 * @param from what is above this place is the host's own; default: all above the outermost
 */
export async function emptying(
  directories: readonly string[],
  gone: readonly string[],
  mounts?: readonly string[],
  from?: string,
): Promise<Plan> {
  const going = new Set(gone);
  const mounted = new Set(mounts ?? (await mountPoints()));
  const outermost = directories.toSorted((one, other) => one.length - other.length)[0] ?? '/';
  const plans: Plan[] = [];
  const foreign = new Set<string>();
  for (const directory of directories) {
    const place = await foreignPlace(directory, from ?? dirname(outermost), mounted);
    if (place !== null) {
      foreign.add(place);
      continue;
    }
    const removed = await emptyingOne(directory, going);
    if (removed.steps.length > 0) going.add(directory);
    plans.push(removed);
  }
  const notes = [...foreign].map((place) => `left: ${place}: mounted, or a link`);
  return plan(...plans, noted(...notes));
}

/** The first on the way from `above` to a directory that is mounted, or a link; null: none is. */
async function foreignPlace(
  directory: string,
  above: string,
  mounted: ReadonlySet<string>,
): Promise<string | null> {
  const real = await orNone(realpath(above), above);
  const names = relative(above, directory).split('/');
  for (const index of names.keys()) {
    const way = names.slice(0, index + 1).join('/');
    const here = await statOf(join(above, way));
    if (here === null) return null;
    if (here.isSymbolicLink() || mounted.has(join(real, way))) return join(above, way);
  }
  return null;
}

async function emptyingOne(directory: string, going: ReadonlySet<string>): Promise<Plan> {
  const here = await statOf(directory);
  if (here === null || !here.isDirectory()) return noted();
  const others = (await entriesOf(directory)).filter((name) => !going.has(join(directory, name)));
  if (others.length > 0) return noted(`left: ${directory}: not empty`);
  return todo(`remove ${directory}`, directory, async () => await removeIfEmpty(directory));
}

async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isAbsent(error) && !hasErrorCode(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY')) throw error;
  }
}
