import { join } from 'node:path';
import { entriesOf, exists, someEntriesOf, statOf } from '../system/read-file.ts';
import { BUNDLES, MARKERS } from './layout.ts';

const MAX_LOOKED_AT = 1_000;

/** What the inbox holds of a bundle; null when it holds none. */
export async function stateInInbox(directory: string, id: string): Promise<'staged' | 'activated' | null> {
  if (await exists(join(directory, MARKERS, id))) return 'activated';
  return (await exists(join(directory, BUNDLES, id))) ? 'staged' : null;
}

/** Whether there is a bundle, whole or on its way, that has come within the time and nobody has activated yet. */
export async function hasStaged(directory: string, maxAgeMs: number, nowMs: number): Promise<boolean> {
  const namesIn = async (part: string) =>
    (await someEntriesOf(join(directory, part), MAX_LOOKED_AT)).map(String);
  const activated = new Set(await namesIn(MARKERS));
  const staged = (await namesIn(BUNDLES)).filter((name) => !activated.has(name));
  const stats = await Promise.all(staged.map(async (name) => await statOf(join(directory, BUNDLES, name))));
  return stats.some((stat) => stat !== null && nowMs - stat.ctimeMs < maxAgeMs);
}

/** How many bundles there are, whole or half-written. */
export async function countBundles(directory: string): Promise<number> {
  return (await entriesOf(join(directory, BUNDLES))).length;
}
