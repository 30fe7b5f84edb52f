import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { entriesOf, readLink, statOf } from '../system/read-file.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit, type TimeLimit } from '../system/time-limit.ts';
import { asideOf, type Whole } from './aside.ts';
import { copyTree, isPartial, makeWhole, removePartials } from './copy-tree.ts';

export interface KeepOptions {
  /** where what is removed is kept */
  readonly backup: string;
  /** where a removal that was killed has kept it; null: none was begun */
  readonly begun: string | null;
  readonly now: Date;
  readonly limit: TimeLimit;
}

export interface Kept {
  readonly directory: string;
  /** it has been made now */
  readonly isNew: boolean;
}

/**
 * Copies what is moved aside to the backups. Where a removal that was killed has kept all that is left already, its copy
 * has more. A whole copy, or none: what a full disk or a kill has cut off goes, lest each new try leaves another.
 */
export async function keep(whole: Whole, lineage: string, options: KeepOptions): Promise<Kept> {
  const { backup, now, limit } = options;
  const earlier = await earlierOf(whole, lineage, options);
  if (earlier !== null) return { directory: earlier, isNew: false };
  const directory = join(backup, `deleted-${lineage}-${now.toISOString().replaceAll(':', '-')}`);
  await removePartials(backup, (name) => isOf(lineage, name));
  // Once begun it comes to its end, interrupted or not.
  const copyMs = Math.min(LIMITS.copyMs, Math.max(LIMITS.askMs, limit.leftMs()));
  const copying = timeLimit(copyMs);
  await makeWhole(directory, async (to) => await copy(whole, { lineage, to }, copying));
  return { directory, isNew: true };
}

/** Not one of a lineage whose name goes on where this one's ends. */
function isOf(lineage: string, name: string): boolean {
  const prefix = `deleted-${lineage}-`;
  return name.startsWith(prefix) && /^\d{4}-\d\d-\d\d/.test(name.slice(prefix.length));
}

async function earlierOf(
  whole: Whole,
  lineage: string,
  { backup, begun }: KeepOptions,
): Promise<string | null> {
  const names = (await entriesOf(backup)).filter((name) => isOf(lineage, name) && !isPartial(name));
  const newest = names.toSorted().toReversed();
  for (const directory of [...(begun === null ? [] : [begun]), ...newest.map((name) => join(backup, name))])
    if (await hasAll(directory, whole, lineage)) return directory;
  return null;
}

async function hasAll(directory: string, whole: Whole, lineage: string): Promise<boolean> {
  for (const [part, source, name] of partsOf(whole, lineage))
    if (!(await isIn(source, join(directory, part, name)))) return false;
  return true;
}

/** Whether all that is there of a file or directory is in a copy as well. */
async function isIn(source: string, copied: string): Promise<boolean> {
  const [one, other] = [await statOf(source), await statOf(copied)];
  if (one === null) return true;
  if (other === null) return false;
  if (one.isSymbolicLink())
    return other.isSymbolicLink() && (await readLink(source)) === (await readLink(copied));
  if (one.isFile())
    return (
      other.isFile() && one.size === other.size && (await readFile(source)).equals(await readFile(copied))
    );
  if (!one.isDirectory() || !other.isDirectory()) return false;
  for (const name of await readdir(source))
    if (!(await isIn(join(source, name), join(copied, name)))) return false;
  return true;
}

/** What is to be kept: its kind, where it lies now, and its name. */
function partsOf(
  { conf, live, archive }: Whole,
  lineage: string,
): readonly (readonly ['renewal' | 'live' | 'archive', string, string])[] {
  return [
    ['renewal', conf, basename(conf)],
    ['live', asideOf(live), lineage],
    ...(archive === null ? [] : [['archive', asideOf(archive), basename(archive)] as const]),
  ];
}

async function copy(
  whole: Whole,
  { lineage, to }: { readonly lineage: string; readonly to: string },
  limit: TimeLimit,
): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const [part, source, name] of partsOf(whole, lineage)) {
    if ((await statOf(source)) === null) continue;
    await mkdir(join(to, part), { recursive: true, mode: 0o700 });
    await copyTree(source, join(to, part, name), { directory: to, limit });
  }
}
