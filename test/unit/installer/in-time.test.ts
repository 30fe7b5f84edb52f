// @module-tag slow
import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import { processInbox, type InboxOptions } from '../../../lib/installer/install-all.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { openState } from '../../../lib/state/state.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import type { TimeLimit } from '../../../lib/system/time-limit.ts';
import { pause } from '../../../lib/system/pause.ts';
import { expectedFiles } from '../../../lib/webserver/kinds.ts';
import type { WebServer } from '../../../lib/webserver/web-server.ts';
import { makeBundle } from '../../support/lineage/bundle.ts';
import { expect, test, type TestCa } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

const NAMES = ['a.example.test', 'b.example.test', 'c.example.test'];

const refused = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });

/** A node to which these have come at once, and the runs that its installer has made. */
async function nodeWith(directory: string, ca: TestCa) {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  const inbox = join(stateDir, 'inbox');
  const bundles: Bundle[] = [];
  for (const lineage of NAMES)
    bundles.push(makeBundle(await ca.issue([lineage]), { configDir: join(directory, 'there'), lineage }));
  const send = async (count = NAMES.length) => {
    for (const bundle of bundles.slice(0, count)) {
      const { sha256 } = bundle.manifest.leaf;
      await stageBundle(inbox, sha256, serialise(bundle));
      await markActivated(inbox, sha256, null);
    }
  };
  await send();
  const config = { stateDir, transport: transportsOf('http'), certificates: { mode: 'shared', configDir } };
  const state = openState({ stateDir }, noDamage);
  let runs = 0;
  const tidy = async () => {
    runs += 1;
    await state.tidy();
  };
  const serverThat = (check: (limit?: TimeLimit) => Promise<Outcome>): WebServer => ({
    ...{ test: check, reload: async () => OK, isStandby: async () => false },
    ...{ hasTest: true, isNaming: async () => false },
    expects: (live) => expectedFiles('nginx', live),
  });
  const install = async (
    webServerFor: (lineage: string) => WebServer,
    more: Pick<InboxOptions, 'roundMs' | 'isStartedAgain' | 'signal'>,
  ) => {
    const reports = await processInbox(
      { config, self: { name: 'web2' }, peers: [] } as unknown as Cluster,
      {
        ...{ webServerFor, now: () => new Date(), ...more },
        state: { ...state, tidy },
        usesFor: async () => ({ test: async () => OK, hasTest: true, seen: async () => [] }),
        hooks: { auth: '/auth.js', cleanup: '/cleanup.js', deploy: '/deploy.js' },
      },
      () => undefined,
    );
    return { runs, reports, left: (await readdir(join(inbox, 'activated'))).length };
  };
  return { configDir, stateDir, inbox, state, send, serverThat, install };
}

test('what there is no time for waits for the next turn at the lock, and for the next start where there is one', async ({
  directory,
  ca,
}) => {
  const { serverThat, install } = await nodeWith(directory, ca);
  const servers = new Map(NAMES.map((name) => [name, serverThat(async () => OK)]));
  const webServerFor = (lineage: string) => servers.get(lineage) ?? serverThat(async () => OK);
  const first = await install(webServerFor, { roundMs: 20_000, isStartedAgain: true });
  expect(first).toMatchObject({ runs: 1, reports: [{ state: 'installed' }], left: 2 });
  const rest = await install(webServerFor, { roundMs: 20_000 });
  expect(rest).toMatchObject({
    runs: 3,
    reports: [{ state: 'installed' }, { state: 'installed' }],
    left: 0,
  });
});

test('where the time is over before each has been tried alone, the others go back and are sent again', async ({
  directory,
  ca,
}) => {
  const { configDir, serverThat, install } = await nodeWith(directory, ca);
  const server = serverThat(async () => {
    await pause(150);
    return (await readdir(join(configDir, 'live'))).includes('b.example.test') ? refused : OK;
  });
  const { reports, left } = await install(() => server, { roundMs: 700 });
  expect(left).toBe(0);
  const late = reports.filter(({ findings }) =>
    findings.some(({ code }) => code === 'installer-out-of-time'),
  );
  expect(late.length).toBeGreaterThan(0);
  expect(late.every(({ state }) => state === 'failed')).toBe(true);
  const installed = new Set(
    reports.flatMap(({ state, lineage }) => (state === 'installed' ? [lineage] : [])),
  );
  expect((await readdir(join(configDir, 'live'))).filter((name) => NAMES.includes(name))).toEqual(
    NAMES.filter((name) => installed.has(name)),
  );
});

/** Passes, if it has that long. */
async function slowly(ms: number, limit: TimeLimit | undefined): Promise<Outcome> {
  const hasMs = limit?.leftMs() ?? ms;
  await pause(Math.min(ms, hasMs));
  return hasMs < ms ? refused : OK;
}

const placedIn = async (configDir: string) =>
  (await readdir(join(configDir, 'live')).catch(() => [])).filter((name) => NAMES.includes(name));

test.for([
  ['with them', async () => false],
  ['without them', async (configDir: string) => (await placedIn(configDir)).length > 0],
] as const)(
  'a test %s that was cut off says nothing: what is not tested goes back, and is sent again',
  async ([, isQuick], { directory, ca }) => {
    const { configDir, state, serverThat, install } = await nodeWith(directory, ca);
    const server = serverThat(async (limit) =>
      (await isQuick(configDir)) ? refused : await slowly(5_000, limit),
    );
    const { reports, left } = await install(() => server, { roundMs: 600 });
    expect(left).toBe(0);
    expect(reports).toHaveLength(NAMES.length);
    for (const { state: end, findings } of reports) {
      expect(end).toBe('failed');
      expect(findings.map(({ code }) => code)).toEqual(['installer-out-of-time']);
    }
    expect(await placedIn(configDir)).toEqual([]);
    expect(await state.journal.list()).toEqual([]);
    for (const name of NAMES) expect(await state.records.installedOf(name)).toBeNull();
  },
);

test(
  'so it is of what is in place already: it is not said to fail the test, and not to be reloaded',
  { timeout: 30_000 },
  async ({ directory, ca }) => {
    const { configDir, send, serverThat, install } = await nodeWith(directory, ca);
    await install(() => serverThat(async () => OK), { roundMs: 60_000 });
    await send(1);
    const slow = serverThat(async (limit) => await slowly(5_000, limit));
    const { reports } = await install(() => slow, { roundMs: 300 });
    expect(reports).toMatchObject([{ state: 'not reloaded', findings: [{ code: 'installer-out-of-time' }] }]);
    expect(await placedIn(configDir)).toEqual(NAMES);
  },
);

const accepted = (lineage: string) =>
  ({ lineage, ...{ id: 'f'.repeat(64), previous: null, next: 1, settleAs: null, conf: null } }) as const;

test('where ending what was interrupted has used the time, the first test waits for the next turn as well', async ({
  directory,
  ca,
}) => {
  const { state, serverThat, install } = await nodeWith(directory, ca);
  await state.journal.write({ ...accepted('old.example.test'), phase: 'accepted' });
  const server = serverThat(async () => OK);
  const first = await install(() => server, { roundMs: 20_000, isStartedAgain: true });
  expect(first).toMatchObject({
    reports: [{ lineage: 'old.example.test', state: 'installed' }],
    left: NAMES.length,
  });
  const rest = await install(() => server, { roundMs: 20_000, isStartedAgain: true });
  expect(rest.reports.map((report) => report.state)).toEqual(NAMES.map(() => 'installed'));
});

test('what is prepared waits for the next turn where another bundle has ended and used the time', async ({
  directory,
  ca,
}) => {
  const { configDir, inbox, state, serverThat, install } = await nodeWith(directory, ca);
  const [, , last = ''] = (await readdir(join(inbox, 'activated'))).toSorted();
  await writeFile(join(inbox, 'bundles', last, 'manifest.json'), '{');
  const server = serverThat(async () => OK);
  const first = await install(() => server, { roundMs: 20_000, isStartedAgain: true });
  expect(first).toMatchObject({ reports: [{ id: last, state: 'refused' }], left: 2 });
  expect([await placedIn(configDir), await state.journal.list()]).toEqual([[], []]);
  const { reports } = await install(() => server, { roundMs: 20_000, isStartedAgain: true });
  expect(reports.map((report) => report.state)).toEqual(['installed', 'installed']);
});

test('what takes long to be read waits for the next round, unread', async ({ directory, ca }) => {
  const { serverThat, install } = await nodeWith(directory, ca);
  const servers = new Map(NAMES.map((name) => [name, serverThat(async () => OK)]));
  let tookMs = 0;
  const { now } = performance;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + tookMs);
  onTestFinished(() => clock.mockRestore());
  const read = new Set<string>();
  const webServerFor = (lineage: string) => {
    read.add(lineage);
    tookMs += 6_000;
    return servers.get(lineage) ?? serverThat(async () => OK);
  };
  const { reports, left } = await install(webServerFor, { isStartedAgain: true });
  expect({ reports, left }).toMatchObject({ reports: [{ state: 'installed' }], left: 2 });
  expect(read.size).toBe(1);
});

test('what had been accepted is not called installed where the web server was not reloaded with it', async ({
  directory,
  ca,
}) => {
  const { state, serverThat, install } = await nodeWith(directory, ca);
  await state.journal.write({ ...accepted('old.example.test'), phase: 'accepted' });
  const server = { ...serverThat(async () => OK), reload: async () => refused };
  const { reports } = await install(() => server, { roundMs: 20_000, isStartedAgain: true });
  expect(reports).toMatchObject([
    {
      state: 'not reloaded',
      findings: [{ code: 'installer-was-interrupted' }, { code: 'web-server-test-failed' }],
    },
  ]);
});

test('between two turns somebody else gets the lock, and a signal begins no further turn', async ({
  directory,
  ca,
}) => {
  const { stateDir, serverThat, install } = await nodeWith(directory, ca);
  const servers = new Map(NAMES.map((name) => [name, serverThat(async () => OK)]));
  const stop = new AbortController();
  const webServerFor = (lineage: string) => servers.get(lineage) ?? serverThat(async () => OK);
  const others: Promise<void>[] = [];
  for (const server of servers.values())
    server.test = async () => {
      if (others.length === 0) others.push(withInstallerLock(stateDir, async () => stop.abort()));
      return OK;
    };
  const { runs, left } = await install(webServerFor, { roundMs: 20_000, signal: stop.signal });
  await Promise.all(others);
  expect({ runs, left }).toEqual({ runs: 1, left: 2 });
});
