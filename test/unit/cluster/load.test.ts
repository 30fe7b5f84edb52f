import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { recordChallenge } from '../../../lib/batch/record-challenge.ts';
import { loadCluster, readConfig } from '../../../lib/cluster/load.ts';
import { expect, test } from '../../support/temporary.ts';

vi.mock(import('node:fs/promises'), { spy: true });

/** A cluster's configuration in the directory, and the mount that is dead: whatever asks for it never hears. */
async function withDeadMount(directory: string, dead: string): Promise<NodeJS.ProcessEnv> {
  const file = join(directory, 'config.yaml');
  const lines = [
    ...['self: web1', 'nodes:', '  web1: 127.0.0.1', '  web2: 127.0.0.2', 'vips: []', 'transport: shared'],
    ...[`stateDir: ${directory}/state`, 'certificates:', `  configDir: ${directory}/letsencrypt`],
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const real = vi.mocked(lstat).getMockImplementation();
  vi.mocked(lstat).mockImplementation(async (path, ...more) => {
    if (path === join(directory, dead)) return await new Promise<never>(() => undefined);
    if (real !== undefined) return await real(path, ...more);
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT', errno: -2 });
  });
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.mocked(lstat).mockReset();
  });
  return { CERTBOT_HA_CONFIG: file };
}

/** What is done with the directories, ten seconds later. */
async function tenSecondsLater(outcome: Promise<unknown>): Promise<unknown> {
  const settled = outcome.catch((error: unknown) => error);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  await vi.advanceTimersByTimeAsync(10_000);
  return await settled;
}

test.for(['state', 'letsencrypt'])('a dead mount at %s is told in time', async (dead, { directory }) => {
  const env = await withDeadMount(directory, dead);
  const silent = { findings: [{ code: 'file-system-silent', place: join(directory, dead) }] };
  expect(await tenSecondsLater(loadCluster(env))).toMatchObject(silent);
  // An auth hook records, and takes back, what would lie there.
  const recording = { config: readConfig(env), io: { env } } as Parameters<typeof recordChallenge>[0];
  expect(await tenSecondsLater(recordChallenge(recording))).toMatchObject(silent);
});

test('what is not there at all is no matter', async ({ directory }) => {
  const env = await withDeadMount(directory, 'elsewhere');
  expect(await loadCluster(env)).toMatchObject({ self: { name: 'web1' } });
});
