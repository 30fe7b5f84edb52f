import { readdirSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { presentBatch } from '../../../lib/batch/present-batch.ts';
import { recordChallenge } from '../../../lib/batch/record-challenge.ts';
import type { AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Challenge } from '../../../lib/challenge/challenge.ts';
import { configOf } from '../../../lib/cluster/config.ts';
import { readConfig } from '../../../lib/cluster/load.ts';
import { NONE_LAUNCHED, type Launched } from '../../../lib/state/launched.ts';
import { createPendingStore } from '../../../lib/state/pending.ts';
import type { Run } from '../../../lib/state/pending-challenge.ts';
import { makeChallenges } from '../../support/cluster/challenge.ts';
import { writeConfig } from '../../support/cluster/built.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test as base } from '../../support/temporary.ts';

const [FIRST, LAST] = makeChallenges(2) as [Challenge, Challenge];
const DNS = { identifier: 'a.test', value: 'x'.repeat(43) };
const { dns: DNS_SETTINGS } = configOf(
  'c',
  JSON.stringify({ nodes: { web1: '192.0.2.1' }, dns: { provider: 'command', command: ['true'] } }),
);
const RUN: Run = { id: '1-1 a batch', process: null };

/** A node without peers, whose disk is full for the challenge of the hook that runs. */
async function createNode(directory: string, onFailure = 'continue', launchers?: Launched) {
  const [file, webroot] = [join(directory, 'config.json'), join(directory, 'webroot')];
  const keyFile = join(directory, 'cluster.key');
  await mkdir(webroot);
  await writeFile(keyFile, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
  await writeConfig(file, {
    ...{ nodes: { web1: '127.0.0.1' }, self: 'web1', stateDir: join(directory, 'state'), webroot },
    ...{ agent: { keyFile }, gate: { timeout: 1, httpPort: 1, onFailure } },
  });
  const said: string[] = [];
  const io = {
    ...{ env: {}, pid: process.pid, out: () => undefined, err: (line: string) => void said.push(line) },
    interruption: () => new AbortController().signal,
  };
  const config = readConfig({ CERTBOT_HA_CONFIG: file });
  const pending = createPendingStore(config.stateDir, noDamage, launchers);
  const record = async () =>
    await Promise.reject(new CertbotHaError('failed', { code: 'system-error', error: 'ENOSPC' }));
  const hookOf = (challenge: Challenge, remainingChallenges: number) => ({
    ...{ challenge, remainingChallenges, allIdentifiers: [FIRST.identifier, LAST.identifier] },
  });
  const recording = (challenge: Challenge, remaining: number) => ({
    ...{ config, store: { ...pending, record }, run: RUN, io, signal: new AbortController().signal },
    hook: hookOf(challenge, remaining),
  });
  return { webroot, io, said, pending, recording };
}

type Node = Awaited<ReturnType<typeof createNode>>;
const test = base.extend<{ readonly node: Node }>({
  node: async ({ directory }, use) => await use(await createNode(directory)),
});

describe('a challenge that cannot be recorded', () => {
  test('by the last hook keeps nothing back that the others have recorded', async ({ node }) => {
    const { io, said, pending, recording, webroot } = node;
    await pending.record(RUN, FIRST);
    const cluster = await recordChallenge(recording(LAST, 0));
    expect(said).toEqual(['ENOSPC [system-error]']);
    const { hook } = recording(LAST, 0);
    const onDamage = noDamage;
    await presentBatch({ cluster, store: pending, run: RUN, io, onDamage, hook });
    const tokens = await readdir(createWebroot(webroot).directory);
    expect(tokens.toSorted()).toEqual([FIRST.token, LAST.token].toSorted());
  });

  test.for([
    ['by an earlier hook', LAST, 1],
    ['by the last one, of a batch that nobody else has recorded', FIRST, 0],
  ] as const)('%s ends it', async ([, recorded, remaining], { node: { pending, recording } }) => {
    if (remaining > 0) await pending.record(RUN, recorded);
    await expect(recordChallenge(recording(FIRST, remaining))).rejects.toThrow('ENOSPC');
  });
});

test('a record that nobody would remember is not published', async ({ node: { pending, recording } }) => {
  await pending.record(RUN, FIRST);
  const { config, hook, ...rest } = recording(LAST, 0);
  const doing = recordChallenge({
    ...rest,
    config: { ...config, dns: DNS_SETTINGS },
    hook: { ...hook, challenge: DNS },
  });
  await expect(doing).rejects.toThrow('ENOSPC');
});

describe('what launchers have recorded', () => {
  const launchedAs = (challenge: AnyChallenge): Launched => ({
    ...NONE_LAUNCHED,
    all: () => [{ ...challenge, run: RUN, recordedAtMs: 1 }],
  });

  test('is presented though the disk is full', async ({ directory }) => {
    const node = await createNode(directory, 'continue', launchedAs(FIRST));
    const cluster = await recordChallenge(node.recording(LAST, 0));
    expect(node.said).toEqual(['ENOSPC [system-error]']);
    const { hook, store } = node.recording(LAST, 0);
    await presentBatch({ cluster, store, run: RUN, io: node.io, onDamage: noDamage, hook });
    const tokens = await readdir(createWebroot(node.webroot).directory);
    expect(tokens.toSorted()).toEqual([FIRST.token, LAST.token].toSorted());
  });

  test('is checked as the last one’s own', async ({ directory }) => {
    const { recording } = await createNode(directory, 'continue', launchedAs(DNS));
    await expect(recordChallenge(recording(LAST, 0))).rejects.toMatchObject({
      findings: [{ code: 'dns-challenge-asked' }],
    });
  });

  test('of DNS-01 is not published where nobody would remember it', async ({ directory }) => {
    const { recording } = await createNode(directory, 'continue', launchedAs(DNS));
    const { config, ...rest } = recording(LAST, 0);
    const doing = recordChallenge({ ...rest, config: { ...config, dns: DNS_SETTINGS } });
    await expect(doing).rejects.toThrow('ENOSPC');
  });
});

test('what was presented is taken back where the hook then fails and certbot is ended', async ({
  directory,
}) => {
  const { io, pending, recording, webroot } = await createNode(directory, 'abort');
  await pending.record(RUN, FIRST);
  const hook = { ...recording(FIRST, 0).hook, allIdentifiers: [FIRST.identifier] };
  const cluster = await recordChallenge({ ...recording(FIRST, 0), store: pending, hook });
  let seen: readonly string[] = [];
  // The gate has failed, and nobody hears of it: certbot has closed the pipe.
  const err = () => {
    seen = readdirSync(createWebroot(webroot).directory);
    throw Object.assign(new Error('EPIPE'), { code: 'EPIPE', errno: -32 });
  };
  const presenting = presentBatch({
    cluster,
    store: pending,
    run: RUN,
    io: { ...io, err },
    onDamage: noDamage,
    hook,
  });
  await expect(presenting).rejects.toThrow('EPIPE');
  expect(seen).toEqual([FIRST.token]);
  expect(await readdir(createWebroot(webroot).directory)).toEqual([]);
  expect(await pending.batch(RUN)).toEqual([]);
});
