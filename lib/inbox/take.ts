import { isSystemError } from '../base/expected.ts';
import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { BUNDLE_FILES, type Bundle, type BundlePath } from '../lineage/bundle.ts';
import { idOfParcel, isDeletion, type DeletionBundle, type Parcel } from '../lineage/deletion.ts';
import { isStamp } from '../lineage/schemas.ts';
import { parseManifest } from '../lineage/manifest.ts';
import { removeAs, runAs, type Owner } from '../system/as-owner.ts';
import { pause } from '../system/pause.ts';
import { someEntriesOf, statOf } from '../system/read-file.ts';
import { setAside } from '../system/set-aside.ts';
import { BUNDLES, MANIFEST, MARKERS } from './layout.ts';
import { readOwned, strangersIn, whyNoDirectory } from './owned.ts';

/**
 * Where bundles arrive: `inbox/bundles/ID/`, a directory a bundle, and `inbox/activated/ID`, a
 * file for each that the installer may have, with its stamp or nothing in it. It belongs to the agent's user, so
 * root believes nothing in it: each file is opened once, without following a link, checked by what is
 * open, and read into memory; what is installed is what was checked.
 */
export interface Inbox {
  readonly directory: string;
  readonly bundles: string;
  readonly markers: string;
  /** whom everything in it must belong to */
  readonly owner: Owner;
  /** where that goes which even its owner may not remove */
  readonly aside: string;
}

const MAX_EXPIRED = 1_000;
/** Room is made in milliseconds. */
const MAX_READS = 5;
const READ_AGAIN_AFTER_MS = 100;

export function inboxAt(directory: string, owner: Owner, aside: string): Inbox {
  return { directory, bundles: join(directory, BUNDLES), markers: join(directory, MARKERS), owner, aside };
}

/** A bundle as it has arrived. */
export interface Arrived extends Bundle {
  /** null where its sender has none, or is of a version without stamps */
  readonly stamp: string | null;
}

/**
 * Reads a bundle, or a deletion. Null when there is a marker alone.
 * @throws {CertbotHaError} `failed`, with every reason not to take it
 */
export async function readBundle(
  { bundles, markers, owner }: Inbox,
  id: string,
): Promise<Arrived | DeletionBundle | null> {
  try {
    if ((await statOf(bundles)) === null) return null;
    const astray = await whyNoDirectory(bundles, owner.uid);
    // A link there would lead every bundle to come elsewhere.
    if (astray.length > 0) {
      await removeAs(owner, [bundles]);
      throw new CertbotHaError('failed', astray);
    }
    const root = join(bundles, id);
    if ((await statOf(root)) === null) return null;
    const parcel = await readSettled(root, id, owner.uid);
    const stamp = await stampIn(join(markers, id), owner.uid);
    return isDeletion(parcel) ? parcel : { ...parcel, stamp };
  } catch (error) {
    if (error instanceof CertbotHaError || !isSystemError(error)) throw error;
    // Whatever lies there must not keep root from the next bundle.
    throw new CertbotHaError(
      'failed',
      { code: 'bundle-unreadable', path: join(bundles, id), error: error.message },
      { cause: error },
    );
  }
}

/** Two senders may bring the same bundle: one that is replaced while it is read is read anew. */
async function readSettled(root: string, id: string, ownerUid: number): Promise<Parcel> {
  for (let attempt = 1; attempt <= MAX_READS; attempt += 1) {
    if (attempt > 1) await pause(READ_AGAIN_AFTER_MS);
    const before = await statOf(root);
    const [read] = await Promise.allSettled([readWhole(root, id, ownerUid)]);
    const after = await statOf(root);
    if (before === null || after?.ino !== before.ino) continue;
    if (read.status === 'fulfilled') return read.value;
    if (after.ctimeMs === before.ctimeMs) throw read.reason;
  }
  // Nobody has refused it: its sender is told that it failed, and sends it again.
  throw new CertbotHaError('failed', { code: 'bundle-replaced', path: root });
}

async function readWhole(root: string, id: string, ownerUid: number): Promise<Parcel> {
  const problems = await strangersIn(root, ownerUid);
  if (problems.length > 0) throw new CertbotHaError('failed', problems);
  const manifest = parseManifest(await readOwned(join(root, MANIFEST), ownerUid));
  const entries = await Promise.all(
    (Object.keys(BUNDLE_FILES) as BundlePath[]).map(
      async (path) => [path, await readOwned(join(root, path), ownerUid)] as const,
    ),
  );
  const parcel = { manifest, files: Object.fromEntries(entries) as Record<BundlePath, string> } as Parcel;
  if (idOfParcel(parcel) === id) return parcel;
  throw new CertbotHaError('failed', { code: 'manifest-other-id', id });
}

async function stampIn(marker: string, ownerUid: number): Promise<string | null> {
  const text = (await readOwned(marker, ownerUid)).trim();
  if (text === '' || isStamp(text)) return text || null;
  throw new CertbotHaError('failed', { code: 'marker-invalid', file: marker });
}

/** Takes a bundle away, whatever is in it. Absence is no error. */
export async function discardBundle({ bundles, markers, owner, aside }: Inbox, id: string): Promise<void> {
  // The marker last: whoever is killed in between comes again and finds no bundle to install.
  if (await removeAs(owner, [join(bundles, id), join(markers, id)])) return;
  for (const place of [bundles, markers]) {
    if ((await statOf(join(place, id))) !== null) await setAside(place, id, aside);
  }
}

/**
 * Takes away what was staged longer ago than that and never activated: by ctime, which whoever has sent
 * it cannot set. It is the file server's clock, which need not be this host's: so is what it is compared with.
 * The agent, for whom it is its own, goes by mtime (`expireBundles` in stage).
 */
export async function expireStaged({ bundles, markers, owner }: Inbox, maxAgeMs: number): Promise<void> {
  const names = (await someEntriesOf(bundles, MAX_EXPIRED)).map(String);
  const nowMs = names.length === 0 ? null : await clockOf(bundles, owner);
  if (nowMs === null) return;
  const stats = await Promise.all(names.map(async (name) => await statOf(join(bundles, name))));
  const old: string[] = [];
  for (const [index, name] of names.entries()) {
    const stat = stats[index];
    const isOld = stat ? nowMs - stat.ctimeMs > maxAgeMs : false;
    if (isOld && (await statOf(join(markers, name))) === null) old.push(join(bundles, name));
  }
  if (old.length > 0) await removeAs(owner, old);
}

/** Now, as the file system dates what is changed there; null where it may not be changed. */
async function clockOf(directory: string, owner: Owner): Promise<number | null> {
  const { code } = await runAs(owner, ['touch', '-c', '-h', '--', directory]);
  return code === 0 ? ((await statOf(directory))?.ctimeMs ?? null) : null;
}
