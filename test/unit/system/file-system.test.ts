import { describe, expect, test } from 'vitest';
import { fileSystemOf, wordsOfFileSystem } from '../../../lib/system/file-system.ts';
import { mountOf, mountsIn } from '../../../lib/system/mounts.ts';
import { negativeCacheOf } from '../../../lib/system/negative-cache.ts';

const line = (place: string, type: string, source: string, options = 'rw', device = '0:50') =>
  `36 35 ${device} / ${place} rw,relatime shared:1 - ${type} ${source} ${options}`;

const seen = (text: string, path = '/srv/acme') => {
  const mount = mountOf(mountsIn(text), path);
  if (mount === null) throw new Error('nothing is mounted');
  const fileSystem = fileSystemOf(mount);
  return { words: wordsOfFileSystem(fileSystem), kind: fileSystem.kind, ...negativeCacheOf(fileSystem) };
};

describe('what a directory is on', () => {
  test.each([
    ['nfs4', 'files:/acme', 'rw,vers=4.2,hard', 'nfs', 'nfs4 from files:/acme', 60, /lookupcache=positive/],
    ['nfs', 'files:/acme', 'rw,vers=3,acdirmax=120', 'nfs', 'nfs from files:/acme', 120, /lookupcache/],
    ['nfs4', 'files:/acme', 'rw,lookupcache=pos', 'nfs', 'nfs4 from files:/acme', 0, null],
    ['nfs4', 'files:/acme', 'rw,lookupcache=none', 'nfs', 'nfs4 from files:/acme', 0, null],
    ['nfs4', 'files:/acme', 'rw,noac', 'nfs', 'nfs4 from files:/acme', 0, null],
    ['nfs4', 'files:/acme', 'rw,actimeo=0', 'nfs', 'nfs4 from files:/acme', 0, null],
    ['cifs', '//files/acme', 'rw,vers=3.1.1', 'smb', 'cifs from //files/acme', 2, null],
    ['fuse.glusterfs', 'web1:/acme', 'rw', 'glusterfs', 'fuse.glusterfs from web1:/acme', 1, /nl-cache off/],
    ['ceph', '1.2.3.4:6789:/', 'rw', 'ceph', 'ceph from 1.2.3.4:6789:/', 0, null],
    ['fuse.ceph-fuse', 'ceph-fuse', 'rw', 'ceph', 'fuse.ceph-fuse from ceph-fuse', 0, null],
    ['fuse.sshfs', 'a@files:/acme', 'rw', 'sshfs', 'fuse.sshfs from a@files:/acme', 1, /negative_timeout=0/],
    ['fuse.rclone', 'files:acme', 'rw', 'rclone', 'fuse.rclone from files:acme', 300, /dir-cache-time/],
    ['fuse.bindfs', '/srv', 'rw', 'fuse', 'fuse.bindfs from /srv', 1, /negative_timeout/],
    ['ocfs2', '/dev/sdb', 'rw', 'network', 'ocfs2 from /dev/sdb', 0, null],
    ['virtiofs', 'acme', 'rw', 'host', 'virtiofs from acme', 0, null],
    ['autofs', 'systemd-1', 'rw,fd=40', 'autofs', 'autofs', 0, null],
    ['ext4', '/dev/drbd0', 'rw', 'drbd', 'ext4 on /dev/drbd0', 0, null],
    ['ext4', '/dev/vda1', 'rw', 'local', 'ext4 on /dev/vda1', 0, null],
    ['tmpfs', 'tmpfs', 'rw', 'local', 'tmpfs', 0, null],
  ] as const)('%s from %s with %s', (type, source, options, kind, words, seconds, remedy) => {
    const found = seen(`${line('/', 'ext4', '/dev/vda')}\n${line('/srv/acme', type, source, options)}\n`);
    expect(found).toMatchObject({ kind, words, seconds });
    expect(found.remedy ?? 'none').toMatch(remedy ?? /^none$/);
  });

  test('is DRBD by its number, whatever the device is called', () => {
    expect(seen(line('/srv/acme', 'xfs', '/dev/mapper/acme', 'rw', '147:0'))).toMatchObject({ kind: 'drbd' });
  });

  test('is the last of what is mounted nearest above it', () => {
    const text = [
      line('/', 'ext4', '/dev/vda'),
      line('/srv/ac', 'nfs', 'other:/'),
      line('/srv', 'nfs', 'before:/'),
      line('/srv', 'nfs', 'after:/a\\040b'),
    ].join('\n');
    expect(seen(text, '/srv/acme')).toMatchObject({ words: 'nfs from after:/a b' });
    expect(seen(text, '/var')).toMatchObject({ words: 'ext4 on /dev/vda' });
  });
});
