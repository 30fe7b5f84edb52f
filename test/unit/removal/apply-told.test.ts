import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { currentGeneration } from '../../../lib/lineage/current.ts';
import { applyTold } from '../../../lib/removal/apply-told.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { generationsOf } from '../../../lib/state/record-installed.ts';
import type { NewEvent } from '../../../lib/state/event.ts';
import type { Events } from '../../../lib/state/events.ts';
import { openState } from '../../../lib/state/state.ts';
import type { Tombstone, ToldTombstone } from '../../../lib/state/tombstones.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { pause } from '../../../lib/system/pause.ts';
import { exists } from '../../../lib/system/read-file.ts';
import { eventually } from '../../lab/eventually.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type TestCa } from '../../support/lineage/certificates.ts';
import { OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { noDamage } from '../../support/no-damage.ts';

const told = (lineage: string): ToldTombstone => ({
  ...{ lineage, stamp: new Date().toISOString(), from: 'web2', isForced: false, others: [] },
});

interface Scene {
  readonly configDir: string;
  readonly stateDir: string;
  readonly state: ReturnType<typeof openState>;
  readonly issue: (isOurs: boolean) => Promise<void>;
  readonly run: (
    graves: readonly ToldTombstone[],
    given?: {
      readonly signal?: AbortSignal;
      readonly test?: readonly string[];
      readonly records?: Scene['state']['records'];
      readonly events?: Pick<Events, 'write'>;
    },
  ) => Promise<{ readonly isGood: boolean; readonly said: readonly string[] }>;
}

const test = base.extend<{ readonly scene: Scene }>({
  scene: async ({ ca, directory }, use) => {
    const stateDir = join(directory, 'state');
    await mkdir(stateDir);
    const state = openState({ stateDir }, noDamage);
    const self = { name: 'web1', address: '127.0.0.1' };
    await use({
      ...{ configDir: directory, stateDir, state },
      issue: async (isOurs) => await issueIn(directory, ca, isOurs),
      run: async (
        graves,
        { signal = deadline(10_000), test: argv = ['true'], records = state.records, events } = {},
      ) => {
        const certificates = { configDir: directory, mode: 'shared', lineages: {} };
        const webServer = { kind: 'nginx', test: argv, reload: ['true'] };
        const config = { stateDir, certificates, webServer, nodes: [], vips: [] };
        const said: string[] = [];
        const say = (line: string) => void said.push(line);
        const cluster = { config, self } as unknown as Cluster;
        const io = { env: process.env, out: say, err: say };
        return {
          isGood: await applyTold(graves, {
            ...{ cluster, state: { ...state, records }, io, signal },
            ...(events && { events }),
          }),
          said,
        };
      },
    });
  },
});

async function issueIn(configDir: string, ca: TestCa, isOurs: boolean): Promise<void> {
  const conf = renewalConf({
    configDir,
    lineage: NAME,
    params: isOurs ? OWN_HOOKS : ['authenticator = dns-x'],
  });
  await writeIssuerTree(configDir, [await ca.issue([NAME])], { lineage: NAME, conf });
}

test('what nothing is here of is remembered, a hundred at a time, while an installer works', async ({
  scene: { run, state, stateDir },
}) => {
  const graves = Array.from({ length: 150 }, (_, index) => told(`n${index}.example.test`));
  const written: Tombstone[] = [];
  const records = {
    ...state.records,
    deletions: async () => [...written],
    writeDeletion: async (one: Tombstone) => void written.push(one),
  };
  await withInstallerLock(stateDir, async () => {
    expect(await run(graves, { records })).toEqual({ isGood: true, said: [] });
    expect(written).toHaveLength(100);
    await run(graves, { records });
    expect(new Set(written.map(({ lineage }) => lineage)).size).toBe(150);
  });
});

test('one node cannot make another remember without end', async ({ scene: { run, state } }) => {
  const grave = {
    ...told('z.example.test'),
    kept: null,
    backup: null,
    isPending: false,
    at: told(NAME).stamp,
  };
  const full = Array.from({ length: 1_000 }, (_, index) => ({ ...grave, lineage: `n${index}.example.test` }));
  const { isGood, said } = await run([told('a.example.test'), told('b.example.test')], {
    records: { ...state.records, deletions: async () => full },
  });
  expect([isGood, said]).toEqual([true, [expect.stringContaining('[too-many-deletions]')]]);
  expect(await state.records.deletions()).toEqual([]);
});

test('what is of others here stays, and is told once', async ({ scene: { issue, run, configDir } }) => {
  await issue(false);
  const grave = told(NAME);
  expect(await run([grave])).toEqual({ isGood: true, said: [expect.stringContaining('[conf-not-ours]')] });
  expect(await run([grave])).toEqual({ isGood: true, said: [] });
  expect(await exists(join(configDir, 'renewal', `${NAME}.conf`))).toBe(true);
});

/** A test of a web server that hangs, and what resolves once it does. */
function hangingIn(directory: string) {
  const file = join(directory, 'begun');
  const begun = async () =>
    await eventually(async () => await exists(file), { timeoutMs: 8_000, what: 'the test to begin' });
  return { test: ['sh', '-c', `touch ${file}; exec sleep 60`], begun };
}

/** It waits for this node, whose next test would be in an hour if the last one had failed. */
async function waitingHere({ configDir, state, issue }: Scene): Promise<void> {
  await issue(true);
  const leaf = await currentGeneration(configDir, NAME);
  const others = leaf === null ? [] : generationsOf({ leaf });
  const grave = { ...told(NAME), others, kept: null, backup: null, isPending: true, at: told(NAME).stamp };
  await state.records.writeDeletion(grave);
}

test('what is here goes, unless it is interrupted before or during the test', async ({ scene }) => {
  const { run, configDir } = scene;
  await waitingHere(scene);
  const live = join(configDir, 'live', NAME);
  const before = await run([told(NAME)], { signal: AbortSignal.abort() });
  expect([before.isGood, before.said[0]]).toEqual([false, expect.stringContaining('[deletion-waits]')]);
  const interruption = new AbortController();
  const hanging = hangingIn(configDir);
  void hanging.begun().then(() => interruption.abort());
  const during = await run([], { signal: interruption.signal, test: hanging.test });
  expect(during.isGood).toBe(false);
  expect(during.said.join('')).toContain('[deletion-cut-off]');
  expect(await exists(live)).toBe(true);
  expect(await run([])).toMatchObject({ isGood: true, said: [expect.stringContaining(': deleted; ')] });
  expect(await exists(live)).toBe(false);
});

test('a test that takes too long does not hide the lineage at each sync', async ({ scene }) => {
  await waitingHere(scene);
  const over = new AbortController();
  const hanging = hangingIn(scene.configDir);
  // As a deadline does.
  void hanging.begun().then(() => over.abort(new DOMException('the time is over', 'TimeoutError')));
  const { said } = await scene.run([], { signal: over.signal, test: hanging.test });
  expect(said.join('')).toContain('[deletion-cut-off]');
  const next = await scene.run([], { test: ['false'] });
  expect([next.isGood, next.said.join('')]).toEqual([false, expect.stringContaining('[deletion-waits]')]);
});

test('the wait for an installer is no part of the time of a deletion', async ({ scene }) => {
  const { run, stateDir } = scene;
  await waitingHere(scene);
  const written: NewEvent[] = [];
  const events = { write: async (...all: readonly NewEvent[]) => void written.push(...all) };
  const running: Promise<unknown>[] = [];
  const releasedMs = await withInstallerLock(stateDir, async () => {
    running.push(run([], { events }));
    await pause(300);
    return performance.now();
  });
  await Promise.all(running);
  expect(written).toEqual([expect.objectContaining({ event: 'deletion', outcome: 'ok' })]);
  expect(written[0]?.ms).toBeLessThan(performance.now() - releasedMs);
});
