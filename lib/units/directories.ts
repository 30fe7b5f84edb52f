import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrorCode, isAbsent } from '../base/errors.ts';
import { entriesOf, exists, statOf } from '../system/read-file.ts';
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
 * Removes directories that are empty, or are when what is gone by then is gone; the inner ones come first.
 * @param gone what the steps before remove
 */
export async function emptying(directories: readonly string[], gone: readonly string[]): Promise<Plan> {
  const going = new Set(gone);
  const plans: Plan[] = [];
  for (const directory of directories) {
    const removed = await emptyingOne(directory, going);
    if (removed.steps.length > 0) going.add(directory);
    plans.push(removed);
  }
  return plan(...plans);
}

async function emptyingOne(directory: string, going: ReadonlySet<string>): Promise<Plan> {
  const [here, above] = [await statOf(directory), await statOf(dirname(directory))];
  // One that is mounted is the other nodes' as well.
  if (here === null || !here.isDirectory() || here.dev !== above?.dev) return noted();
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
