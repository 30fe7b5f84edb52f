import { realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import * as v from 'valibot';
import type { Config } from '../../cluster/config.ts';
import type { Finding } from '../../findings/register.ts';
import { orNone } from '../../system/read-file.ts';
import type { SyncthingApi } from './api.ts';

const folderSchema = v.object({
  id: v.string(),
  path: v.string(),
  type: v.optional(v.string(), 'sendreceive'),
  paused: v.optional(v.boolean(), false),
  ignoreDelete: v.optional(v.boolean(), false),
  devices: v.optional(v.array(v.object({ deviceID: v.string() })), []),
});

/** A folder of this node's Syncthing in which the challenge directory is. */
export interface Folder extends v.InferOutput<typeof folderSchema> {
  /** the challenge directory below it; empty: it is the folder */
  readonly below: string;
}

export type FoundFolder =
  { readonly isOk: true; readonly folder: Folder } | { readonly isOk: false; readonly reason: Finding };

/**
 * The folder that the configuration names, or the one whose path is the nearest above the challenge directory. One that carries
 * nothing from here is a failure.
 * @param directory the challenge directory of this node
 */
export async function findFolder(
  api: SyncthingApi,
  { folder: wanted, url }: Config['syncthing'],
  directory: string,
  signal: AbortSignal,
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
  const folder = await nearestAbove(directory, candidates);
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

/** Links are followed: Syncthing may name the one, and the configuration the other. */
async function whereItIs(path: string): Promise<string> {
  return (await orNone(realpath(path), null)) ?? resolve(path);
}

function fault(reason: Finding): FoundFolder {
  return { isOk: false, reason };
}
