import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import { processInbox } from '../../../lib/installer/install-all.ts';
import { openState } from '../../../lib/state/state.ts';
import { pause } from '../../../lib/system/pause.ts';
import { expectedFiles } from '../../../lib/webserver/kinds.ts';
import type { WebServer } from '../../../lib/webserver/web-server.ts';
import { makeBundle } from '../../support/lineage/bundle.ts';
import { expect, test, type TestCa } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

const NAMES = ['a.example.test', 'b.example.test', 'c.example.test'];

/** A node to which these have come at once, and the runs that its installer has made. */
async function nodeWith(directory: string, ca: TestCa) {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  const inbox = join(stateDir, 'inbox');
  for (const lineage of NAMES) {
    const bundle = makeBundle(await ca.issue([lineage]), { configDir: join(directory, 'there'), lineage });
    const { sha256 } = bundle.manifest.leaf;
    await stageBundle(inbox, sha256, serialise(bundle));
    await markActivated(inbox, sha256, null);
  }
  const config = { stateDir, transport: 'http', certificates: { mode: 'shared', configDir } };
  const state = openState({ stateDir }, noDamage);
  let runs = 0;
  const tidy = async () => {
    runs += 1;
    await state.records.tidy();
  };
  const serverThat = (check: () => Promise<Outcome>): WebServer => ({
    ...{ test: check, reload: async () => OK, isStandby: async () => false },
    ...{ hasTest: true, isNaming: async () => false },
    expects: (live) => expectedFiles('nginx', live),
  });
  const install = async (
    webServerFor: (lineage: string) => WebServer,
    more: { readonly roundMs: number; readonly isStartedAgain?: boolean },
  ) => {
    const reports = await processInbox(
      { config, self: { name: 'web2' }, peers: [] } as unknown as Cluster,
      {
        ...{ webServerFor, now: () => new Date(), ...more },
        state: { ...state, records: { ...state.records, tidy } },
        usesFor: async () => ({ test: async () => OK, hasTest: true, seen: async () => [] }),
        hooks: { auth: '/auth.js', cleanup: '/cleanup.js', deploy: '/deploy.js' },
      },
      () => undefined,
    );
    return { runs, reports, left: (await readdir(join(inbox, 'activated'))).length };
  };
  return { configDir, serverThat, install };
}

test('what there is no time for waits for the next turn at the lock, and for the next start where there is one', async ({
  directory,
  ca,
}) => {
  const { serverThat, install } = await nodeWith(directory, ca);
  const servers = new Map(NAMES.map((name) => [name, serverThat(async () => OK)]));
  const webServerFor = (lineage: string) => servers.get(lineage) ?? serverThat(async () => OK);
  const first = await install(webServerFor, { roundMs: 1_000, isStartedAgain: true });
  expect(first).toMatchObject({ runs: 1, reports: [{ state: 'installed' }], left: 2 });
  const rest = await install(webServerFor, { roundMs: 1_000 });
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
  const refused = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });
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
