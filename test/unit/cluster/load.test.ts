import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { recordChallenge } from '../../../lib/batch/record-challenge.ts';
import { LOOK, type Look } from '../../../lib/cluster/answering.ts';
import { loadCluster, readConfig } from '../../../lib/cluster/load.ts';
import { expect, test } from '../../support/temporary.ts';

/** A cluster's configuration in the directory. */
async function configured(directory: string): Promise<NodeJS.ProcessEnv> {
  const file = join(directory, 'config.yaml');
  const lines = [
    ...['self: web1', 'nodes:', '  web1: 127.0.0.1', '  web2: 127.0.0.2', 'vips: []', 'transport: shared'],
    ...[`stateDir: ${directory}/state`, 'certificates:', `  configDir: ${directory}/letsencrypt`],
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return { CERTBOT_HA_CONFIG: file };
}

/** Whoever asks a dead mount never hears. */
const dead =
  (place: string): Look =>
  async (path) =>
    await (path === place ? new Promise<never>(() => undefined) : Promise.resolve(null));

/** How it ends, ten seconds later. */
async function tenSecondsLater(run: () => Promise<unknown>): Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const settled = run().catch((error: unknown) => error);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  await vi.advanceTimersByTimeAsync(10_000);
  return await settled;
}

const PLACES = [
  'state',
  ...['', '/renewal', '/live', '/archive', '/accounts'].map((below) => `letsencrypt${below}`),
];

test.for(PLACES)('a dead mount at %s is told in time', async (name, { directory }) => {
  const env = await configured(directory);
  const place = join(directory, name);
  const silent = { findings: [{ code: 'file-system-silent', place }] };
  expect(await tenSecondsLater(async () => await loadCluster(env, dead(place)))).toMatchObject(silent);
  // An auth hook records, and takes back, what would lie there.
  const recording = { config: readConfig(env), io: { env }, look: dead(place) };
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
  expect(await loadCluster(await configured(directory))).toMatchObject({ self: { name: 'web1' } });
});
