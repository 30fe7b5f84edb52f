import { lstat, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { entriesOf, exists, statOf } from '../system/read-file.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { BUNDLES, MANIFEST, MARKERS } from './layout.ts';

// The side that fills an inbox: the agent or, on a shared filesystem, the sender itself.

const MAX_ATTEMPTS = 10;
const MAX_LOOKED_AT = 1_000;

/** A bundle as it travels: the manifest is text that only the installer reads. */
export interface SerialBundle {
  readonly manifest: string;
  readonly files: Bundle['files'];
}

export function serialise({ manifest, files }: Bundle): SerialBundle {
  return { manifest: JSON.stringify(manifest), files };
}

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

/** Writes a bundle without its marker, as nobody but the owner may read it; one of the same id is replaced. */
export async function stageBundle(
  directory: string,
  id: string,
  { manifest, files }: SerialBundle,
): Promise<void> {
  const target = join(directory, BUNDLES, id);
  if (await isStaged(target, manifest)) return;
  const temporary = join(directory, BUNDLES, `.${id}.${crypto.randomUUID()}`);
  try {
    await mkdir(join(temporary, 'account'), { recursive: true, mode: 0o700 });
    for (const [path, content] of Object.entries({ ...files, [MANIFEST]: manifest })) {
      await writeFile(join(temporary, path), content, { mode: 0o600, flag: 'wx' });
    }
    await replace(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined); // the error below tells more
    if (!hasErrorCode(error, 'EACCES', 'EPERM', 'ENOENT', 'EROFS')) throw error;
    throw new CertbotHaError('config', `inbox ${directory}: not writable (${error.code})`, {
      cause: error,
      hint: 'systemd-tmpfiles --create makes it, owned by certbot-ha',
    });
  }
}

/** The manifest has the sum of every file. One that is there stays, since the installer may be about to read it, and counts as new. */
async function isStaged(target: string, manifest: string): Promise<boolean> {
  try {
    if ((await readFile(join(target, MANIFEST), 'utf8')) !== manifest) return false;
    const now = new Date();
    await utimes(target, now, now);
    return true;
  } catch (error) {
    // Never there, taken at this moment, or something odd in its place.
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return false;
    throw error;
  }
}

/** Two nodes may send the same bundle at the same moment: what the other has put there makes room again. */
async function replace(temporary: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await rm(target, { recursive: true, force: true });
    try {
      return await rename(temporary, target);
    } catch (error) {
      if (!hasErrorCode(error, 'ENOTEMPTY', 'EEXIST') || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Puts the marker that starts the installer. @returns false when there is no such bundle */
export async function markActivated(directory: string, id: string): Promise<boolean> {
  if (!(await exists(join(directory, BUNDLES, id)))) return false;
  await mkdir(join(directory, MARKERS), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, MARKERS, id), '', { mode: 0o600 });
  return true;
}

/** How many bundles there are, whole or half-written. */
export async function countBundles(directory: string): Promise<number> {
  return (await entriesOf(join(directory, BUNDLES))).length;
}

/** Removes bundles, whole or half-written, that nobody has activated within the time. */
export async function expireBundles(directory: string, maxAgeMs: number, nowMs: number): Promise<void> {
  const bundles = join(directory, BUNDLES);
  for (const name of await entriesOf(bundles)) {
    const path = join(bundles, name);
    const stat = await lstat(path).catch(() => null); // the installer may have taken it meanwhile
    if (stat === null || nowMs - stat.mtimeMs <= maxAgeMs || (await exists(join(directory, MARKERS, name))))
      continue;
    await rm(path, { recursive: true, force: true });
  }
}
