import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import {
  BUNDLE_FILES,
  isBundlePath,
  MAX_FILE_BYTES,
  type Bundle,
  type BundlePath,
} from '../lineage/bundle.ts';
import { ID_PATTERN } from '../lineage/schemas.ts';
import { entriesOf, rawEntriesOf, statOf } from '../system/read-file.ts';
import { BUNDLES, MANIFEST, MARKERS } from './layout.ts';
import { parseManifest } from '../lineage/manifest.ts';
import { removeAs, type Owner } from '../system/as-owner.ts';
import { setAside } from '../system/set-aside.ts';

/**
 * Where bundles arrive: `inbox/bundles/ID/`, a directory a bundle, and `inbox/activated/ID`, an empty
 * file for each that the installer may have. It belongs to the agent's user, so
 * root believes nothing in it: each file is opened once, without following a link, checked by what is
 * open, and read into memory; what is installed is what was checked.
 */
export interface Inbox {
  /**
   * The ids of the bundles whose marker is there.
   * @throws {CertbotHaError} `failed` when the markers' directory is none; one that is no directory at all is gone then
   */
  activated(): Promise<readonly string[]>;
  /** Takes away markers that are none, which would start the installer for ever; resolves to their names. */
  clearOddMarkers(): Promise<readonly string[]>;
  /**
   * Null when there is a marker alone.
   * @throws {CertbotHaError} `failed`, with every reason not to take it
   */
  read(id: string): Promise<Bundle | null>;
  /** Takes a bundle away, whatever is in it. Absence is no error. */
  discard(id: string): Promise<void>;
  /** Takes away what was staged longer ago than that and never activated. */
  expire(maxAgeMs: number, now: Date): Promise<void>;
}

const ID = new RegExp(ID_PATTERN);
const MAX_ODD_MARKERS = 1_000;
const MAX_EXPIRED = 1_000;
/** rsync writes a file under such a name and renames it; what a lost connection has left of one is no marker either. */
const HALF_WRITTEN = /^\.[0-9a-f]{64}\.\w{6}$/;
const HALF_WRITTEN_MS = 60_000;

/**
 * @param owner whom everything in it must belong to
 * @param aside where that goes which even its owner may not remove
 */
export function createInbox(directory: string, owner: Owner, aside: string): Inbox {
  const ownerUid = owner.uid;
  const bundles = join(directory, BUNDLES);
  const markers = join(directory, MARKERS);

  async function activated(): Promise<readonly string[]> {
    const stat = await statOf(markers);
    if (stat === null) return [];
    if (!stat.isDirectory()) {
      await removeAs(owner, [markers]);
      throw new CertbotHaError('failed', `${markers}: expected a directory; it has been taken away`);
    }
    if (stat.uid !== ownerUid) throw new CertbotHaError('failed', strange(markers, stat.uid, ownerUid));
    return (await entriesOf(markers)).filter((entry) => ID.test(entry));
  }

  async function clearOddMarkers(): Promise<readonly string[]> {
    const odd: string[] = [];
    for (const name of await entriesOf(markers)) {
      if (odd.length < MAX_ODD_MARKERS && !ID.test(name) && !(await isBeingWritten(name))) odd.push(name);
    }
    if (odd.length === 0) return [];
    await removeAs(
      owner,
      odd.map((name) => join(markers, name)),
    );
    // Not even its owner can remove a directory without rights, and a name that is no UTF-8 cannot be given to rm.
    const cleared = new Set(odd);
    for (const raw of await rawEntriesOf(markers)) {
      if (cleared.has(raw.toString())) await setAside(markers, raw, aside);
    }
    return odd;
  }

  async function isBeingWritten(name: string): Promise<boolean> {
    if (!HALF_WRITTEN.test(name)) return false;
    const stat = await statOf(join(markers, name));
    return stat === null || Math.abs(Date.now() - stat.ctimeMs) < HALF_WRITTEN_MS;
  }

  async function read(id: string): Promise<Bundle | null> {
    try {
      if ((await statOf(bundles)) === null) return null;
      const astray = await whyNoDirectory(bundles, ownerUid);
      // A link there would lead every bundle to come elsewhere.
      if (astray.length > 0) {
        await removeAs(owner, [bundles]);
        throw new CertbotHaError('failed', astray);
      }
      return (await statOf(join(bundles, id))) === null ? null : await readWhole(id);
    } catch (error) {
      if (error instanceof CertbotHaError || !(error instanceof Error && 'errno' in error)) throw error;
      // Whatever lies there must not keep root from the next bundle.
      throw new CertbotHaError('failed', `${join(bundles, id)}: ${error.message}`, { cause: error });
    }
  }

  async function readWhole(id: string): Promise<Bundle> {
    const root = join(bundles, id);
    const problems = await strangersIn(root, ownerUid);
    if (problems.length > 0) throw new CertbotHaError('failed', problems);
    const manifest = parseManifest(await readOwned(join(root, MANIFEST), ownerUid));
    if (manifest.leaf.sha256 !== id) {
      throw new CertbotHaError('failed', `manifest: leaf: not the one that the bundle is named for, ${id}`);
    }
    const entries = await Promise.all(
      (Object.keys(BUNDLE_FILES) as BundlePath[]).map(
        async (path) => [path, await readOwned(join(root, path), ownerUid)] as const,
      ),
    );
    return { manifest, files: Object.fromEntries(entries) as Record<BundlePath, string> };
  }

  const discard = async (id: string) => {
    // The marker last: whoever is killed in between comes again and finds no bundle to install.
    if (await removeAs(owner, [join(bundles, id), join(markers, id)])) return;
    for (const place of [bundles, markers]) {
      if ((await statOf(join(place, id))) !== null) await setAside(place, id, aside);
    }
  };

  const expire = async (maxAgeMs: number, now: Date) => {
    const names = (await entriesOf(bundles)).slice(0, MAX_EXPIRED);
    const stats = await Promise.all(names.map(async (name) => await statOf(join(bundles, name))));
    const old: string[] = [];
    for (const [index, name] of names.entries()) {
      const stat = stats[index];
      const isOld = stat ? now.getTime() - stat.ctimeMs > maxAgeMs : false;
      if (isOld && (await statOf(join(markers, name))) === null) old.push(join(bundles, name));
    }
    if (old.length > 0) await removeAs(owner, old);
  };

  return { activated, clearOddMarkers, read, discard, expire };
}

/** Whatever is not one of a bundle's files, or is no plain file or directory of the inbox's owner. */
async function strangersIn(root: string, ownerUid: number, below = ''): Promise<readonly string[]> {
  const directory = join(root, below);
  const problems = [...(await whyNoDirectory(directory, ownerUid))];
  if (problems.length > 0) return problems;
  for (const name of await readdir(directory)) {
    const path = join(below, name);
    if (path === 'account') problems.push(...(await strangersIn(root, ownerUid, path)));
    else if (!isBundlePath(path) && path !== MANIFEST) {
      problems.push(`${JSON.stringify(path.slice(0, 100))}: not a file of a bundle`);
    }
    if (problems.length > 10) break;
  }
  return problems;
}

async function whyNoDirectory(directory: string, ownerUid: number): Promise<readonly string[]> {
  const stat = await lstat(directory);
  if (!stat.isDirectory()) return [`${directory}: expected a directory`];
  return stat.uid === ownerUid ? [] : [strange(directory, stat.uid, ownerUid)];
}

function strange(path: string, uid: number, ownerUid: number): string {
  return `${path}: belongs to user ${uid}, expected ${ownerUid}`;
}

async function readOwned(file: string, ownerUid: number): Promise<string> {
  const refused = (why: string, cause?: unknown) =>
    new CertbotHaError('failed', `${file}: ${why}`, { cause });
  let handle;
  try {
    // O_NONBLOCK: a pipe in a file's place must not keep root waiting.
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrorCode(error, 'ELOOP')) throw refused('a link, expected a file', error);
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw refused('missing from the bundle', error);
    if (hasErrorCode(error, 'ENXIO')) throw refused('not a plain file', error); // a socket
    throw error;
  }
  try {
    const { size, uid, nlink } = await handle.stat().then((stat) => {
      if (!stat.isFile()) throw refused('not a plain file');
      return stat;
    });
    if (uid !== ownerUid) throw refused(`belongs to user ${uid}, expected ${ownerUid}`);
    if (nlink !== 1) throw refused('has another name elsewhere (a hard link)');
    if (size > MAX_FILE_BYTES) throw refused(`${size} bytes, expected at most ${MAX_FILE_BYTES}`);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead !== size) throw refused('changed while it was read');
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
