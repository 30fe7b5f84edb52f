import { orNone, textOf } from './read-file.ts';

const MOUNTS = '/proc/self/mountinfo';

/** What mountinfo(5) tells of a mount. */
export interface Mount {
  /** the directory */
  readonly place: string;
  /** `nfs4`, `fuse.glusterfs`, `ext4` */
  readonly type: string;
  /** what is mounted: `files.example:/acme`, `/dev/drbd0` */
  readonly source: string;
  /** the numbers of the driver and of the device, `98:0`; the first is 0 where no device is behind it */
  readonly device: string;
  /** those of the mount and of its file system */
  readonly options: readonly string[];
}

/** Where filesystems are mounted, and directories bound, as this process sees it; none where Linux does not tell. */
export async function mountPoints(): Promise<readonly string[]> {
  return (await mounts()).map(({ place }) => place);
}

/** The same with what is mounted there. It asks no file system, and so waits for none. */
export async function mounts(): Promise<readonly Mount[]> {
  return mountsIn((await orNone(textOf(MOUNTS), null)) ?? '');
}

/** In the text of mountinfo(5): `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`. */
export function mountsIn(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', behind = ''] = line.split(/ - (.*)/s, 2);
    const [, , device = '', , place, own = ''] = before.split(' ');
    const [type = '', source = '', ofFileSystem = ''] = behind.split(' ');
    if (place === undefined) return [];
    const options = [...own.split(','), ...unescaped(ofFileSystem).split(',')].filter(Boolean);
    return [{ place: unescaped(place), type, source: unescaped(source), device, options }];
  });
}

/** The mount that an absolute path without links is on: the last of those that lie nearest above it. */
export function mountOf(all: readonly Mount[], path: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of all) {
    const isAbove = mount.place === '/' || path === mount.place || path.startsWith(`${mount.place}/`);
    if (isAbove && (found === null || mount.place.length >= found.place.length)) found = mount;
  }
  return found;
}

/** A space in a name is \040. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
