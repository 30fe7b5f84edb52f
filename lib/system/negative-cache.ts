import type { FileSystem } from './file-system.ts';

/** How long a host goes on saying that a file is not there, once it has been asked for too early, and what ends that. */
export interface NegativeCache {
  /** seconds at most, as far as is known; 0: not at all */
  readonly seconds: number;
  /** what to set, and where; null: nothing is known that ends it */
  readonly remedy: string | null;
  /** it remembers what a directory has: no new file is seen by who has looked at another one there; absent: no */
  readonly isOfDirectories?: true;
}

const NONE: NegativeCache = { seconds: 0, remedy: null };

/** acdirmax of the kernel's NFS client, where nothing else is mounted. */
const NFS_SECONDS = 60;
/** What the kernel keeps of a program's answers, as most have it. */
const FUSE_SECONDS = 1;
/** --dir-cache-time */
const RCLONE_SECONDS = 300;
/** What docs/transports/shared.md has in its table, with where it was measured. */
export function negativeCacheOf(fileSystem: FileSystem): NegativeCache {
  switch (fileSystem.kind) {
    case 'nfs':
      return ofNfs(fileSystem);
    case 'smb':
      return { seconds: 2, remedy: null };
    case 'glusterfs':
      return {
        // performance.nl-cache, which is off by default, remembers for 60 s.
        seconds: FUSE_SECONDS,
        remedy: 'mount with negative-timeout=0, and gluster volume set VOLUME performance.nl-cache off',
      };
    case 'sshfs':
      // negative_timeout, which is 0 by default; mountinfo does not tell it.
      return { seconds: FUSE_SECONDS, remedy: 'mount with -o negative_timeout=0' };
    case 'rclone':
      return { seconds: RCLONE_SECONDS, remedy: 'mount with --dir-cache-time 1s', isOfDirectories: true };
    case 'smbnetfs':
    case 'fuse':
      return { seconds: FUSE_SECONDS, remedy: 'mount with -o negative_timeout=0,entry_timeout=0' };
    // Their nodes agree on each directory (OCFS2, GFS2, Lustre, GPFS), or forget within a second or so; what is known of none is no guess.
    case 'network':
    case 'host':
    case 'autofs':
    case 'ceph':
    case 'drbd':
    case 'local':
      return NONE;
  }
}

/** nfs(5): with lookupcache=none or =positive nobody remembers what was not there, and without attributes that are kept nobody believes it. */
function ofNfs({ options }: FileSystem): NegativeCache {
  if (options.some((option) => /^(?:lookupcache=(?:pos|none)|noac$)/.test(option))) return NONE;
  const [, most = String(NFS_SECONDS)] = /(?:^|,)(?:acdirmax|actimeo)=(\d+)/.exec(options.join(',')) ?? [];
  const seconds = Number(most);
  return seconds === 0 ? NONE : { seconds, remedy: 'mount with lookupcache=positive' };
}
