import { expect, test } from 'vitest';
import { mountMissing } from '../../../lib/status/shared-webroot.ts';
import type { FileSystem } from '../../../lib/system/file-system.ts';
import { configIn } from '../doctor/healthy.ts';

const config = configIn('/srv/acme');

/** What the nodes tell, and whose webroot is said to be missing there. */
function missing(
  kinds: readonly (FileSystem['kind'] | null)[],
  runsOn: 'all' | 'holder' = 'all',
): readonly string[] {
  const rows = config.nodes.map(({ name: node }, index) => {
    const kind = kinds[index] ?? null;
    if (kind === null) return { node, isSelf: index === 0 };
    const fileSystem = { kind, type: kind === 'local' ? 'ext4' : kind, source: '', place: '/', options: [] };
    return { node, isSelf: index === 0, fileSystem };
  });
  const settings = { nodes: config.nodes, webServer: { ...config.webServer, runsOn } };
  return rows.flatMap((row) => {
    const found = mountMissing(settings, row, rows);
    return found === null ? [] : [`${row.node}: ${found.code} ${found.directory} ${found.type}`];
  });
}

test.each<[string, Parameters<typeof missing>, number | null]>([
  ['nowhere where all have it', [['nfs', 'nfs', 'nfs']], null],
  ['on the node that has a disk in its place', [['nfs', 'local', 'nfs']], 1],
  ['nowhere where nobody tells that it is shared', [['local', 'local', 'local']], null],
  ['nowhere where it is mounted when somebody looks', [['nfs', 'autofs', 'nfs']], null],
  ['nowhere where the others tell nothing but that', [['autofs', 'local', 'local']], null],
  ['nowhere where a node tells nothing', [['nfs', null, 'nfs']], null],
  ['nowhere where one node has it mounted at a time', [['drbd', 'local', 'local'], 'holder'], null],
])('a webroot that is shared is missed %s', (_, given, missed) => {
  const node = missed === null ? undefined : config.nodes[missed];
  expect(missing(...given)).toEqual(
    node === undefined ? [] : [`${node.name}: directory-not-shared ${node.webroot} ext4`],
  );
});
