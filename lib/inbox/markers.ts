import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { ID_PATTERN } from '../lineage/schemas.ts';
import { removeAs } from '../system/as-owner.ts';
import { exists, someEntriesOf, statOf } from '../system/read-file.ts';
import { setAside } from '../system/set-aside.ts';
import { foreign } from './owned.ts';
import type { Inbox } from './take.ts';

const ID = new RegExp(ID_PATTERN);
/** Whoever has the agent's rights may have made any number. */
const MAX_MARKERS = 1_000;
/** rsync writes a file under such a name and renames it; what a lost connection has left of one is no marker either. */
const HALF_WRITTEN = /^\.[0-9a-f]{64}\.\w{6}$/;
const HALF_WRITTEN_MS = 60_000;

/**
 * The ids of bundles whose marker is there, a thousand at the most: the next run takes the others. Those that have
 * something to install come first.
 * @throws {CertbotHaError} `failed` when the markers' directory is none; one that is no directory at all is gone then
 */
export async function activatedIn({ markers, bundles, owner }: Inbox): Promise<readonly string[]> {
  const stat = await statOf(markers);
  if (stat === null) return [];
  if (!stat.isDirectory()) {
    await removeAs(owner, [markers]);
    throw new CertbotHaError('failed', { code: 'not-a-directory', directory: markers, isRemoved: true });
  }
  if (stat.uid !== owner.uid) throw new CertbotHaError('failed', foreign(markers, stat.uid, owner.uid));
  const ids = (await someEntriesOf(markers, MAX_MARKERS)).map(String).filter((entry) => ID.test(entry));
  const isThere = await Promise.all(ids.map(async (id) => await exists(join(bundles, id))));
  return [...ids.filter((_, index) => isThere[index]), ...ids.filter((_, index) => !isThere[index])];
}

/** Takes away markers that are none, which would start the installer without end; resolves to their names. */
export async function clearOddMarkers({ markers, owner, aside }: Inbox): Promise<readonly string[]> {
  const odd: string[] = [];
  for (const name of (await someEntriesOf(markers, MAX_MARKERS)).map(String)) {
    if (!ID.test(name) && !(await isBeingWritten(join(markers, name), name))) odd.push(name);
  }
  if (odd.length === 0) return [];
  await removeAs(
    owner,
    odd.map((name) => join(markers, name)),
  );
  // Not even its owner can remove a directory without rights, and a name that is no UTF-8 cannot be given to rm.
  const cleared = new Set(odd);
  for (const raw of await someEntriesOf(markers, MAX_MARKERS)) {
    if (cleared.has(raw.toString())) await setAside(markers, raw, aside);
  }
  return odd;
}

async function isBeingWritten(path: string, name: string): Promise<boolean> {
  if (!HALF_WRITTEN.test(name)) return false;
  const stat = await statOf(path);
  return stat === null || Math.abs(Date.now() - stat.ctimeMs) < HALF_WRITTEN_MS;
}
