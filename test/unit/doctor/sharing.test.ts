import { expect, test } from 'vitest';
import { byMount, complaintsOf, detailOf } from '../../../lib/doctor/sharing-judged.ts';
import type { Sharing } from '../../../lib/gate/sharing.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import type { FileSystem } from '../../../lib/system/file-system.ts';
import { configIn } from './healthy.ts';

const config = configIn('/srv/acme');

const fileSystem = (kind: FileSystem['kind'], type: string): FileSystem => ({
  ...{ kind, type, source: 'files:/acme', place: '/srv/acme', options: [] },
});

/** web2. */
function target(): Sharing['target'] {
  const node = config.nodes[1];
  if (node === undefined) throw new Error('no web2');
  return {
    ...{ kind: 'node' as const, name: 'web2', address: '192.0.2.2', httpPort: 80, httpsPort: 443 },
    ...{ isSelf: false, isDrained: false, node },
  };
}

/** Of web2, one of the nodes that are not this one. */
function said(
  on: FileSystem,
  times: Pick<Sharing, 'freshMs' | 'after404Ms'>,
  gateTimeoutMs = 60_000,
): readonly string[] {
  const gate = { ...config.gate, timeoutMs: gateTimeoutMs };
  const looked = {
    seen: [{ target: target(), ...times }],
    fileSystem: on,
    directory: '/srv/acme',
    boundMs: 10_000,
  };
  return complaintsOf({ ...looked, config: { gate } }).map(({ level, found }) => `${level} ${lineOf(found)}`);
}

test.each<[string, FileSystem, Pick<Sharing, 'freshMs' | 'after404Ms'>, readonly RegExp[]]>([
  ['sees at once', fileSystem('nfs', 'nfs4'), { freshMs: 12, after404Ms: 600 }, []],
  [
    'remembers a 404',
    fileSystem('nfs', 'nfs4'),
    { freshMs: 12, after404Ms: null },
    [
      /^warn gate\.timeout is 60 s, and 404 is remembered for up to 60 s/,
      /^warn goes on with 404 for more than 10 s, .* \(nfs4 from files:\/acme\): mount with lookupcache=positive /,
    ],
  ],
  [
    'has another file system',
    fileSystem('nfs', 'nfs4'),
    { freshMs: null, after404Ms: null },
    [/^fail did not serve within 10 s .*: is the same file system mounted there\?/],
  ],
  [
    'remembers directories',
    fileSystem('rclone', 'fuse.rclone'),
    { freshMs: null, after404Ms: null },
    [
      /^fail gate\.timeout is 60 s, and 404 is remembered for up to 300 s/,
      /^warn .*: mount with --dir-cache-time 1s /,
    ],
  ],
  [
    'has a disk of its own, as this one has',
    fileSystem('local', 'ext4'),
    { freshMs: null, after404Ms: null },
    [/^fail \/srv\/acme is on ext4, a file system that no other node has/, /^fail did not serve within 10 s/],
  ],
  ['has a copy, made by another program', fileSystem('local', 'ext4'), { freshMs: 900, after404Ms: 900 }, []],
  [
    'remembers a 404 for some seconds',
    fileSystem('nfs', 'nfs4'),
    { freshMs: 900, after404Ms: 5_000 },
    [/^warn goes on with 404 for 5 s, /],
  ],
  [
    'is slow, whether it was asked before or not',
    fileSystem('glusterfs', 'fuse.glusterfs'),
    { freshMs: 6_000, after404Ms: 7_100 },
    [],
  ],
  [
    'is slower than it is waited for',
    fileSystem('glusterfs', 'fuse.glusterfs'),
    { freshMs: 9_500, after404Ms: null },
    [/^fail did not serve within 10 s/],
  ],
  ['does not answer', fileSystem('nfs', 'nfs4'), { freshMs: null }, []],
])('a node that %s', (_, on, times, expected) => {
  expect(said(on, times)).toEqual(expected.map((one) => expect.stringMatching(one)));
});

test('a gate that ends before the node has forgotten', () => {
  const seen = said(fileSystem('nfs', 'nfs4'), { freshMs: 12, after404Ms: null }, 20_000);
  expect(seen[0]).toMatch(/^fail gate\.timeout is 20 s, and 404 is remembered for up to 60 s/);
});

test.each<[string, FileSystem, number, readonly RegExp[]]>([
  ['NFS', fileSystem('nfs', 'nfs4'), 60_000, [/^warn gate\.timeout is 60 s, .* up to 60 s/, /^warn goes on/]],
  ['NFS, and a longer gate', fileSystem('nfs', 'nfs4'), 90_000, [/^warn goes on with 404 for up to 60 s/]],
  ['what nobody has looked at', fileSystem('autofs', 'autofs'), 60_000, []],
  ['GFS2', fileSystem('network', 'gfs2'), 60_000, []],
])('by what is mounted alone: %s', (_, on, timeoutMs, expected) => {
  const gate = { ...config.gate, timeoutMs };
  const found = byMount({ fileSystem: on, directory: '/srv/acme', config: { gate } });
  expect(found.map(({ level, found: what }) => `${level} ${lineOf(what)}`)).toEqual(
    expected.map((one) => expect.stringMatching(one)),
  );
});

test.each<[string, readonly Pick<Sharing, 'emptyMs'>[], string]>([
  ['was never seen empty', [{}, {}], '600 ms where they were asked before'],
  ['was seen between two writes', [{ emptyMs: 40 }], '600 ms where they were asked before'],
  [
    'stays empty for a while',
    [{ emptyMs: 40 }, { emptyMs: 990 }],
    'asked before, what another program writes in place may be served empty for 990 ms',
  ],
  [
    'stays empty',
    [{ emptyMs: 990 }, { emptyMs: null }],
    'asked before, what another program writes in place may be served empty for more than 5000 ms',
  ],
])('what is written in place and %s', (_, empty, end) => {
  const seen = empty.map((times) => ({ target: target(), freshMs: 12, after404Ms: 600, ...times }));
  const detail = detailOf({ seen, fileSystem: fileSystem('glusterfs', 'fuse.glusterfs'), boundMs: 10_000 });
  expect(detail.endsWith(end)).toBe(true);
});
