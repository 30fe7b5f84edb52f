import { realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import * as v from 'valibot';
import { isSystemError } from '../../base/expected.ts';
import { CertbotHaError } from '../../base/errors.ts';
import type { Config } from '../../cluster/config.ts';
import type { Finding } from '../../findings/register.ts';
import { within } from '../../system/deadline.ts';
import { unlessHung } from '../../system/hung.ts';
import type { SyncthingApi } from './api.ts';

const folderSchema = v.object({
  id: v.string(),
  path: v.string(),
  type: v.optional(v.string(), 'sendreceive'),
  paused: v.optional(v.boolean(), false),
  ignoreDelete: v.optional(v.boolean(), false),
  versioning: v.optional(v.object({ type: v.optional(v.string(), '') }), {}),
  devices: v.optional(v.array(v.object({ deviceID: v.string() })), []),
});

/** A folder of this node's Syncthing in which the challenge directory is. */
export interface Folder extends v.InferOutput<typeof folderSchema> {
  /** the challenge directory below it; empty: it is the folder */
  readonly below: string;
}

export type FoundFolder =
  { readonly isOk: true; readonly folder: Folder } | { readonly isOk: false; readonly reason: Finding };

/** What is mounted answers in milliseconds, also over a network. */
const ANSWERS_WITHIN_MS = 1_000;

/** Where a path leads, links followed; as it is written where that cannot be told, or not soon. */
export type RealPath = (path: string, signal: AbortSignal) => Promise<string>;

/**
 * Syncthing may name a directory by one link, and the configuration by another. A folder that has nothing to do with the challenges may lie on a
 * file system that does not answer. Each call that hangs holds a thread for good, so after one such no other is made.
 */
export function createRealPath(): RealPath {
  let isHung = false;
  return async (path, signal) => {
    if (isHung) return resolve(path);
    try {
      return await unlessHung(path, within(signal, ANSWERS_WITHIN_MS), async () => await realpath(path));
    } catch (error) {
      if (error instanceof CertbotHaError) isHung = true;
      else if (!isSystemError(error)) throw error;
      return resolve(path);
    }
  };
}

/**
 * The folder that the configuration names, or the one whose path is the nearest above the challenge directory. One that carries
 * nothing from here is a failure.
 * @param directory the challenge directory of this node
 */
export async function findFolder(
  api: SyncthingApi,
  { folder: wanted, url }: Config['syncthing'],
  directory: string,
  { signal, realPath }: { readonly signal: AbortSignal; readonly realPath: RealPath },
): Promise<FoundFolder> {
  const answer = await api.get('/rest/config/folders', signal);
  if (!answer.isOk) return answer;
  const read = v.safeParse(v.array(folderSchema), answer.body);
  if (!read.success) return fault({ code: 'syncthing-not-understood', url });
  const named = read.output.find(({ id }) => id === wanted);
  if (wanted !== null && named === undefined) {
    const known = read.output.map(({ id }) => id);
    return fault({ code: 'syncthing-folder-unknown', folder: wanted, known });
  }
  const candidates = named === undefined ? read.output : [named];
  const folder = await nearestAbove(directory, candidates, async (path) => await realPath(path, signal));
  if (folder === null) {
    return fault(
      named === undefined
        ? { code: 'syncthing-folder-missing', directory }
        : { code: 'syncthing-folder-elsewhere', folder: named.id, path: named.path, directory },
    );
  }
  const { id, paused, type } = folder;
  if (paused) return fault({ code: 'syncthing-folder-paused', folder: id });
  if (type !== 'sendreceive') return fault({ code: 'syncthing-folder-one-way', folder: id, type });
  return { isOk: true, folder };
}

async function nearestAbove(
  directory: string,
  folders: readonly v.InferOutput<typeof folderSchema>[],
  whereItIs: (path: string) => Promise<string>,
): Promise<Folder | null> {
  const real = await whereItIs(directory);
  let nearest: Folder | null = null;
  for (const folder of folders) {
    if (!folder.path.startsWith('/')) continue; // in a home directory that only Syncthing knows
    const below = relative(await whereItIs(folder.path), real);
    if (below === '..' || below.startsWith('../')) continue;
    if (nearest === null || below.length < nearest.below.length) nearest = { ...folder, below };
  }
  return nearest;
}

function fault(reason: Finding): FoundFolder {
  return { isOk: false, reason };
}
