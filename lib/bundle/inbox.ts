import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { CertbotHaError, hasErrorCode } from '../errors.ts';
import {
  BUNDLE_FILES,
  ID_PATTERN,
  isBundlePath,
  MAX_FILE_BYTES,
  type Bundle,
  type BundlePath,
} from './bundle.ts';
import { parseManifest } from './manifest.ts';
import { removeAs, setAside, type Owner } from './remove-as.ts';

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
}

const ID = new RegExp(ID_PATTERN);
const MAX_ODD_MARKERS = 1_000;
const MAX_ATTEMPTS = 10;
/** Where the markers lie. A directory of their own, because systemd's path unit watches one directory. */
export const MARKERS = 'activated';
export const BUNDLES = 'bundles';
export const MANIFEST = 'manifest.json';

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
    const oddOnes = async () => (await entriesOf(markers)).filter((entry) => !ID.test(entry));
    const odd = (await oddOnes()).slice(0, MAX_ODD_MARKERS);
    if (odd.length === 0) return [];
    await removeAs(
      owner,
      odd.map((name) => join(markers, name)),
    );
    // A name that is no UTF-8 cannot be given to anyone: then all markers go, and what was sent is sent again.
    const left = new Set(await oddOnes());
    if (odd.some((name) => left.has(name))) await removeAs(owner, [markers]);
    return odd;
  }

  async function read(id: string): Promise<Bundle | null> {
    try {
      return (await statOf(join(bundles, id))) === null ? null : await readWhole(id);
    } catch (error) {
      if (error instanceof CertbotHaError || !(error instanceof Error && 'errno' in error)) throw error;
      // Whatever lies there must not keep root from the next bundle.
      throw new CertbotHaError('failed', `${join(bundles, id)}: ${error.message}`, { cause: error });
    }
  }

  async function readWhole(id: string): Promise<Bundle> {
    const root = join(bundles, id);
    const astray = await whyNoDirectory(bundles, ownerUid);
    // A link there would lead every bundle to come elsewhere.
    if (astray.length > 0) await removeAs(owner, [bundles]);
    const problems = astray.length > 0 ? astray : await strangersIn(root, ownerUid);
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

  return { activated, clearOddMarkers, read, discard };
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

async function entriesOf(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return [];
    throw error;
  });
}

async function statOf(file: string): Promise<Stats | null> {
  try {
    return await lstat(file);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return (await statOf(file)) !== null;
}

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

/** Writes a bundle without its marker, as nobody but the owner may read it; one of the same id is replaced. */
export async function stageBundle(
  directory: string,
  id: string,
  { manifest, files }: SerialBundle,
): Promise<void> {
  const target = join(directory, BUNDLES, id);
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

/** Self's inbox. */
export function inboxDirectory({ config, self }: Cluster): string {
  return config.transport === 'shared' ? sharedInbox(config.stateDir, self) : join(config.stateDir, 'inbox');
}

/**
 * A node's inbox with transport `shared`: the shared filesystem is mounted at stateDir/inbox, and each
 * node has a directory of its own in it.
 */
export function sharedInbox(stateDir: string, { name }: Pick<ClusterNode, 'name'>): string {
  return join(stateDir, 'inbox', name);
}
