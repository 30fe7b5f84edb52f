import { join } from 'node:path';
import { entriesOf, exists, statOf } from '../system/read-file.ts';
import { BUNDLES, MARKERS } from './layout.ts';

const MAX_LOOKED_AT = 1_000;

/** What the inbox holds of a bundle; null when it holds none. */
export async function stateInInbox(directory: string, id: string): Promise<'staged' | 'activated' | null> {
  if (await exists(join(directory, MARKERS, id))) return 'activated';
  return (await exists(join(directory, BUNDLES, id))) ? 'staged' : null;
}

/** Whether there is a bundle, whole or on its way, that has come within the time and nobody has activated yet. */
export async function hasStaged(directory: string, maxAgeMs: number, nowMs: number): Promise<boolean> {
  const activated = new Set(await entriesOf(join(directory, MARKERS)));
  const staged = (await entriesOf(join(directory, BUNDLES))).filter((name) => !activated.has(name));
  const stats = await Promise.all(
    staged.slice(0, MAX_LOOKED_AT).map(async (name) => await statOf(join(directory, BUNDLES, name))),
  );
  return stats.some((stat) => stat !== null && nowMs - stat.ctimeMs < maxAgeMs);
}

/** How many bundles there are, whole or half-written. */
export async function countBundles(directory: string): Promise<number> {
  return (await entriesOf(join(directory, BUNDLES))).length;
}
