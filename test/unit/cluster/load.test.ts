import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { recordChallenge } from '../../../lib/batch/record-challenge.ts';
import { LOOK } from '../../../lib/cluster/answering.ts';
import { loadCluster, readConfig } from '../../../lib/cluster/load.ts';
import { clusterIn, deadAt, tenSecondsLater } from '../../support/strange/dead-mount.ts';
import { expect, test } from '../../support/temporary.ts';

const PLACES = [
  'state',
  ...['', '/renewal', '/live', '/archive', '/accounts'].map((below) => `letsencrypt${below}`),
];

test.for(PLACES)('a dead mount at %s is told in time', async (name, { directory }) => {
  const env = await clusterIn(directory);
  const place = join(directory, name);
  const silent = { findings: [{ code: 'file-system-silent', place }] };
  expect(await tenSecondsLater(async () => await loadCluster(env, deadAt(place)))).toMatchObject(silent);
  // An auth hook records, and takes back, what would lie there.
  const recording = { config: readConfig(env), io: { env }, look: deadAt(place) };
  const run = async () => await recordChallenge(recording as Parameters<typeof recordChallenge>[0]);
  expect(await tenSecondsLater(run)).toMatchObject(silent);
});

test('what a link leads to is looked at, not the link', async ({ directory }) => {
  const [mount, link] = [join(directory, 'mount'), join(directory, 'letsencrypt')];
  await mkdir(mount);
  await symlink('mount', link);
  expect(await LOOK(link)).toMatchObject({ ino: (await stat(mount)).ino });
});

test('what is not there at all is no matter', async ({ directory }) => {
  expect(await loadCluster(await clusterIn(directory))).toMatchObject({ self: { name: 'web1' } });
});
