import { rename, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CertbotHaError, hasErrorCode, isAbsent, isForbidden } from '../base/errors.ts';
import { shellWord } from '../findings/area.ts';
import { ensureDirectory, remove } from '../system/files.ts';
import { pause } from '../system/pause.ts';
import { entriesOf, exists, statOf } from '../system/read-file.ts';
import { readText } from '../system/read-text.ts';
import { syncDirectory, syncFile } from '../system/sync-files.ts';
import type { Bundle } from '../lineage/bundle.ts';
import type { Parcel } from '../lineage/deletion.ts';
import { howInboxIsMade } from './how-made.ts';
import { BUNDLES, MANIFEST, MARKERS } from './layout.ts';

// The side that fills an inbox: the agent or, on a shared filesystem, the sender itself.

const MAX_ATTEMPTS = 10;
/** Two renames take less than a millisecond, on a busy machine some dozen. */
const MAX_LOOKS = 5;
const LOOK_AGAIN_AFTER_MS = 20;

/** A bundle as it travels: the manifest is text that only the installer reads. */
export interface SerialBundle {
  readonly manifest: string;
  readonly files: Bundle['files'];
}

export function serialise({ manifest, files }: Parcel): SerialBundle {
  return { manifest: JSON.stringify(manifest), files };
}

export interface StageOptions {
  /** what is written survives the loss of the host that has it mounted; default false: who has sent it sends it again */
  readonly isDurable?: boolean;
}

/** Writes a bundle without its marker, as nobody but the owner may read it; one of the same id is replaced. */
export async function stageBundle(
  directory: string,
  id: string,
  { manifest, files }: SerialBundle,
  { isDurable = false }: StageOptions = {},
): Promise<void> {
  const target = join(directory, BUNDLES, id);
  if (await isStaged(target, manifest)) return;
  const temporary = hiddenBeside(target);
  try {
    await ensureDirectory(join(temporary, 'account'), 0o700);
    for (const [path, content] of Object.entries({ ...files, [MANIFEST]: manifest })) {
      await writeFile(join(temporary, path), content, { mode: 0o600, flag: 'wx' });
    }
    if (isDurable) await syncBundle(temporary, [...Object.keys(files), MANIFEST]);
    await replace(temporary, target);
    if (isDurable) await syncDirectory(dirname(target));
  } catch (error) {
    await remove(temporary).catch(() => undefined); // the error below tells more
    if (!isForbidden(error) && !isAbsent(error)) throw error;
    const found = { code: 'inbox-not-writable', directory, error: error.code } as const;
    // Root is kept out by the file system alone, such as one that is shared.
    const isRoot = process.getuid?.() === 0;
    const hint = isRoot ? `findmnt -T ${shellWord(directory)}` : howInboxIsMade(directory);
    throw new CertbotHaError('config', found, { cause: error, hint });
  }
}

async function syncBundle(bundle: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await syncFile(join(bundle, path));
  for (const directory of [join(bundle, 'account'), bundle]) await syncDirectory(directory);
}

/** The manifest has the sum of every file. One that is there stays, since the installer may be about to read it, and counts as new. */
async function isStaged(target: string, manifest: string): Promise<boolean> {
  try {
    if ((await readText(join(target, MANIFEST))) !== manifest) return false;
    const now = new Date();
    await utimes(target, now, now);
    return true;
  } catch (error) {
    // Never there, taken at this moment, or something odd in its place.
    if (isAbsent(error) || hasErrorCode(error, 'EISDIR', 'ENXIO', 'EFBIG')) return false;
    throw error;
  }
}

/** A name for what is no bundle yet, or no longer. */
function hiddenBeside(target: string): string {
  return join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}`);
}

/**
 * Two nodes may send the same bundle at the same moment: what the other has put there makes room again. It is moved
 * away first and removed last, so that its place is empty for no longer than two renames take.
 */
async function replace(temporary: string, target: string): Promise<void> {
  const former: string[] = [];
  try {
    for (let attempt = 1; ; attempt += 1) {
      former.push(...(await moveAway(target)));
      try {
        return await rename(temporary, target);
      } catch (error) {
        if (!hasErrorCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR') || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  } finally {
    for (const one of former) await remove(one);
  }
}

async function moveAway(target: string): Promise<readonly string[]> {
  const former = hiddenBeside(target);
  try {
    await rename(target, former);
    return [former];
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/**
 * Puts the marker that starts the installer.
 * @param stamp the generation's, null where nobody has set one
 * @returns false when there is no such bundle
 */
export async function markActivated(
  directory: string,
  id: string,
  stamp: string | null = null,
  { isDurable = false }: StageOptions = {},
): Promise<boolean> {
  if (!(await isStagedSoon(join(directory, BUNDLES, id)))) return false;
  const markers = join(directory, MARKERS);
  await ensureDirectory(markers, 0o700);
  // Renamed, so that an installer that is quick reads all of it; under the name that rsync would give it meanwhile.
  const temporary = join(markers, `.${id}.${crypto.randomUUID().slice(0, 6)}`);
  await writeFile(temporary, contentOfMarker(stamp), { mode: 0o600, flag: 'wx' });
  if (isDurable) await syncFile(temporary);
  await rename(temporary, join(markers, id));
  if (isDurable) await syncDirectory(markers);
  return true;
}

/** Another sender may be putting the same bundle in its place at this moment. */
async function isStagedSoon(bundle: string): Promise<boolean> {
  for (let look = 1; look < MAX_LOOKS; look += 1) {
    if (await exists(bundle)) return true;
    await pause(LOOK_AGAIN_AFTER_MS);
  }
  return await exists(bundle);
}

/** What a marker holds: installers of before there were stamps take one with any content. */
export function contentOfMarker(stamp: string | null): string {
  return stamp === null ? '' : `${stamp}\n`;
}

/**
 * Removes bundles, whole or half-written, that nobody has activated within the time: by mtime, which staging one again renews.
 * Resolves to whether any are left.
 */
export async function expireBundles(directory: string, maxAgeMs: number, nowMs: number): Promise<boolean> {
  const bundles = join(directory, BUNDLES);
  let isAnyLeft = false;
  for (const name of await entriesOf(bundles)) {
    const path = join(bundles, name);
    const stat = await statOf(path); // null: the installer has taken it meanwhile
    if (stat === null) continue;
    const isKept = nowMs - stat.mtimeMs <= maxAgeMs || (await exists(join(directory, MARKERS, name)));
    if (isKept) isAnyLeft = true;
    else await remove(path);
  }
  return isAnyLeft;
}
