import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runNotify } from '../../../lib/commands/run-notify.ts';
import { receive } from '../../support/programs/receiver.ts';
import { expect, test } from '../../support/temporary.ts';

/** A node without any agent, whose monitor hears of each run. */
async function nodeIn(directory: string) {
  const { origin, received, close } = await receive();
  onTestFinished(close);
  const [stateDir, keyFile, file] = ['state', 'cluster.key', 'config.yaml'].map((name) =>
    join(directory, name),
  ) as [...[string, string, string]];
  await mkdir(stateDir);
  await writeFile(keyFile, 'a'.repeat(64), { mode: 0o600 });
  const config = {
    ...{ nodes: { web1: '127.0.0.1' }, vips: ['192.0.2.9'], self: 'web1', stateDir },
    agent: { keyFile, port: 9 },
    certificates: { configDir: directory, issuer: 'any' },
    notify: [{ healthchecks: `${origin}/x` }],
  };
  await writeFile(file, JSON.stringify(config));
  const said: string[] = [];
  const io: CommandIo = {
    ...{ env: { CERTBOT_HA_CONFIG: file }, pid: process.pid, isTerminal: false },
    ...{ out: () => undefined, err: (line) => void said.push(line) },
    interruption: () => new AbortController().signal,
  };
  return { io, said, received, stateDir, keyFile };
}

test('a stateDir that does not answer is told of, and nothing is looked for in it', async ({ directory }) => {
  const { io, said, received, stateDir } = await nodeIn(directory);
  await rm(stateDir, { recursive: true });
  const answers = async () => {
    throw new CertbotHaError('failed', { code: 'file-system-silent', place: stateDir });
  };
  expect(await runNotify(io, { isTest: false, answers })).toBe(1);
  expect(received.map(({ path }) => path)).toEqual(['/x/fail']);
  expect(received[0]?.body).toContain('[file-system-silent]');
  expect(said[0]).toContain(stateDir);
  await expect(readdir(stateDir)).rejects.toThrow('ENOENT');
});

test('a run that has seen the cluster leaves its time, and one that could not see it does not', async ({
  directory,
}) => {
  const { io, received, stateDir, keyFile } = await nodeIn(directory);
  const run = async () => await runNotify(io, { isTest: false });
  await chmod(keyFile, 0o644);
  expect(await run()).toBe(1);
  expect(await readdir(stateDir)).not.toContain('looked');
  await chmod(keyFile, 0o600);
  expect(await run()).toBe(0);
  expect(await readdir(stateDir)).toContain('looked');
  expect(received).toHaveLength(2);
});
