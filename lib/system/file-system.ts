import { realpath } from 'node:fs/promises';
import { deadline } from './deadline.ts';
import { DRBD_MAJOR, liesOnDrbd } from './drbd.ts';
import { unlessHung } from './hung.ts';
import { mountOf, mounts, type Mount } from './mounts.ts';

/**
 * - `nfs` to `rclone`: from another host, by that protocol or program
 * - `network`: from another host, or several, by another one
 * - `fuse`: by a program that is not known here, which may or may not ask another host
 * - `drbd`: a device that two hosts have, of which one mounts it
 * - `host`: a directory of the machine that this one runs on
 * - `autofs`: what is mounted when somebody looks there, and nobody has: it may be anything
 * - `local`: a disk, or memory, of this host alone, as far as can be told
 */
export const FILE_SYSTEM_KINDS = [
  ...(['nfs', 'smb', 'ceph', 'glusterfs', 'sshfs', 'smbnetfs', 'rclone', 'network'] as const),
  ...(['fuse', 'drbd', 'host', 'autofs', 'local'] as const),
] as const;

export type FileSystemKind = (typeof FILE_SYSTEM_KINDS)[number];

/** What a directory is on. */
export interface FileSystem {
  readonly kind: FileSystemKind;
  /** as the kernel calls it: `nfs4`, `fuse.glusterfs` */
  readonly type: string;
  /** what is mounted: `files.example:/acme`, `/dev/drbd0` */
  readonly source: string;
  /** where */
  readonly place: string;
  /** of its options those that matter to whoever shares files by it */
  readonly options: readonly string[];
}

const KINDS: ReadonlyMap<string, FileSystemKind> = new Map([
  ['nfs', 'nfs'],
  ['nfs4', 'nfs'],
  ['cifs', 'smb'],
  ['smb3', 'smb'],
  ['smbfs', 'smb'],
  ['ceph', 'ceph'],
  ['fuse.ceph', 'ceph'],
  ['fuse.ceph-fuse', 'ceph'],
  ['fuse.glusterfs', 'glusterfs'],
  ['fuse.sshfs', 'sshfs'],
  ['fuse.smbnetfs', 'smbnetfs'],
  ['fuse.rclone', 'rclone'],
  ['9p', 'host'],
  ['virtiofs', 'host'],
  ['vboxsf', 'host'],
  ['fuse.vmhgfs-fuse', 'host'],
  ['autofs', 'autofs'],
]);

/** From several hosts, or one device that they all mount. */
const NETWORK =
  /^(?:afs|beegfs|gfs2|gpfs|lustre|ocfs2|orangefs|pvfs2|fuse\.(?:beegfs|davfs|goofys|juicefs|lizardfs|mfs|nfs|s3fs|seaweedfs))$/;

/** Of the many that a mount has: who is asked, how long it is remembered, what a call does when nobody answers. */
const MATTERS =
  /^(?:ro|vers=|lookupcache=|ac(?:reg|dir)(?:min|max)=|actimeo=|noac$|nocto$|hard$|soft(?:err)?$|timeo=|retrans=|cache=|closetimeo=|echo_interval=|file_mode=|dir_mode=|noperm$|nounix$|nohandlecache$|sync$|local_lock=(?!none))/;

/** By the kind's mount options alone, for what nobody can be asked. */
export function fileSystemOf({ type, source, place, device, options }: Mount): FileSystem {
  const isDrbd = device.startsWith(`${DRBD_MAJOR}:`) || source.startsWith('/dev/drbd');
  const other = NETWORK.test(type) ? 'network' : /^fuse(?:\.|$)/.test(type) ? 'fuse' : 'local';
  const kind = isDrbd ? 'drbd' : (KINDS.get(type) ?? other);
  const matters = kind === 'local' ? [] : options.filter((option) => MATTERS.test(option));
  return { kind, type, source, place, options: [...new Set(matters)] };
}

/** A path with links resolves at once, or the file system behind one of them is away. */
const RESOLVE_TIMEOUT_MS = 1_000;

/** The path of a directory without links; as it is where it is not there, or does not answer. */
export async function pathWithoutLinks(directory: string): Promise<string> {
  const resolving = async () => await realpath(directory);
  return await unlessHung(directory, deadline(RESOLVE_TIMEOUT_MS), resolving).catch(() => directory);
}

/**
 * What a directory is on, or will be where it is not there; null where Linux does not tell. A mount that does not answer is told as well: only
 * links that lead into another one are not followed then.
 * @param path its path without links; default: that is looked up
 */
export async function fileSystemAt(directory: string, path?: string): Promise<FileSystem | null> {
  const mount = mountOf(await mounts(), path ?? (await pathWithoutLinks(directory)));
  if (mount === null) return null;
  const found = fileSystemOf(mount);
  return found.kind === 'local' && (await liesOnDrbd(mount.device)) ? { ...found, kind: 'drbd' } : found;
}

/** For people: `nfs4 from files.example:/acme`, `ext4 on /dev/drbd0`. */
export function wordsOfFileSystem({ kind, type, source }: FileSystem): string {
  const isDevice = kind === 'drbd' || kind === 'local';
  return kind === 'autofs' || source === '' || source === 'none' || source === type
    ? type
    : `${type} ${isDevice ? 'on' : 'from'} ${source}`;
}
