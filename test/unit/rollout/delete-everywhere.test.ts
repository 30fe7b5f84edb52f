import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { Parcel } from '../../../lib/lineage/deletion.ts';
import { deleteEverywhere } from '../../../lib/rollout/delete-everywhere.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { readEvents } from '../../../lib/state/read-events.ts';
import { openState } from '../../../lib/state/state.ts';
import type { InstallResult, Unknown } from '../../../lib/state/results.ts';
import { pause } from '../../../lib/system/pause.ts';
import type { Delivery } from '../../../lib/transports/delivery.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base } from '../../support/lineage/certificates.ts';
import { OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { noDamage } from '../../support/no-damage.ts';

type Answer = (parcel: Parcel) => Promise<InstallResult | Unknown>;

const UNKNOWN: Unknown = { state: 'unknown', reason: { code: 'rsync-write-only' } };
const DONE: InstallResult = {
  ...{ id: '0'.repeat(64), lineage: NAME, state: 'unchanged' },
  ...{ findings: [], messages: [], at: '2026-11-27T00:00:00Z' },
};

/** `certbot-ha delete` on web1, with a peer whose installer answers so. */
const test = base.extend<{ readonly scene: Scene }>({
  scene: async ({ ca, directory }, use) => {
    const issued = await ca.issue([NAME]);
    const conf = renewalConf({ configDir: directory, lineage: NAME, params: OWN_HOOKS });
    await writeIssuerTree(directory, [issued], { lineage: NAME, conf });
    const stateDir = join(directory, 'state');
    await mkdir(stateDir);
    // Nothing listens there: no web server serves it.
    const [self, peer] = ['web1', 'web2'].map((name) => ({
      ...{ name, address: '127.0.0.1', httpsPort: 1, isDrained: false },
    }));
    const certificates = { configDir: directory, mode: 'shared', lineages: {} };
    const webServer = { kind: 'nginx', test: ['true'], reload: ['true'] };
    const config = {
      stateDir,
      certificates,
      webServer,
      nodes: [self, peer],
      transport: transportsOf('rsync'),
      vips: [],
    };
    const cluster = { config, self, peers: [peer] } as unknown as Cluster;
    const state = openState({ stateDir }, noDamage);
    await use({
      ...{ directory, state },
      run: async (answer, given = {}) => {
        const said: string[] = [];
        const say = (line: string) => void said.push(line);
        const parcels: Parcel[] = [];
        const delivery: Delivery = {
          stage: async (_, parcel) => {
            parcels.push(parcel);
            return { isOk: true };
          },
          activate: async () => ({ isOk: true }),
          result: async () => await answer(parcels.at(-1) as Parcel),
        };
        const exitCode = await deleteEverywhere(NAME, {
          ...{ cluster, state, isForced: false, isDryRun: false, ...given },
          io: { env: process.env, out: say, err: say },
          signal: new AbortController().signal,
          connect: async () => ({ deliver: async () => delivery, close: async () => undefined }),
        });
        return { exitCode, said, parcels };
      },
    });
  },
});

interface Scene {
  readonly directory: string;
  readonly state: ReturnType<typeof openState>;
  readonly run: (
    answer: Answer,
    given?: { readonly isForced?: boolean; readonly isDryRun?: boolean; readonly state?: Scene['state'] },
  ) => Promise<{
    readonly exitCode: 0 | 1;
    readonly said: readonly string[];
    readonly parcels: readonly Parcel[];
  }>;
}

test('a node that cannot be asked has not consented', async ({ scene: { run, state } }) => {
  const { exitCode, said, parcels } = await run(async () => UNKNOWN);
  expect([exitCode, said]).toEqual([
    1,
    [
      `web2 127.0.0.1: ${NAME}: cannot be asked`,
      expect.stringContaining('[rsync-write-only]'),
      `${NAME}: nothing is deleted on any node`,
    ],
  ]);
  expect(parcels).toMatchObject([{ manifest: { deleted: { isTrial: true } } }]);
  expect(await state.records.deletions()).toEqual([]);
  const preview = await run(async () => UNKNOWN, { isForced: true, isDryRun: true });
  expect(preview.said).toEqual([
    `web1 127.0.0.1: ${NAME}: would be deleted`,
    expect.stringMatching(`web2 127.0.0.1: ${NAME}: cannot be asked: .*`),
  ]);
});

test('with --force it goes there, and stays outstanding where nobody may read the answer', async ({
  scene: { run, state },
}) => {
  const { exitCode, said } = await run(async () => UNKNOWN, { isForced: true });
  expect([exitCode, said]).toEqual([
    1,
    [
      `web1 127.0.0.1: ${NAME}: deleted`,
      `web2 127.0.0.1: ${NAME}: handed over, and outstanding: how it ended cannot be asked`,
      expect.stringContaining('[rsync-write-only]'),
    ],
  ]);
  expect(await state.outstanding.list()).toMatchObject([{ node: 'web2', lineage: NAME }]);
});

test('what fails on the own node after the trial is begun nowhere', async ({
  scene: { directory, run, state },
}) => {
  const answer: Answer = async () => {
    // Between the trial and the deletion: no copy can be made any more.
    await rm(join(directory, 'state/backup'), { recursive: true, force: true });
    await writeFile(join(directory, 'state/backup'), '');
    return DONE;
  };
  const { exitCode, said, parcels } = await run(answer);
  expect([exitCode, said[0], said.at(-1)]).toEqual([
    1,
    `web1 127.0.0.1: ${NAME}: not deleted`,
    `${NAME}: nothing is deleted on any node`,
  ]);
  expect(parcels).toHaveLength(1);
  expect([await state.records.deletions(), await state.outstanding.list()]).toEqual([[], []]);
});

test('what this node remembers goes to the others at once, though it has failed here', async ({
  scene: { run, state },
}) => {
  const writeDeletion: typeof state.records.writeDeletion = async (tombstone) => {
    await state.records.writeDeletion(tombstone);
    throw Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' });
  };
  const full = { ...state, records: { ...state.records, writeDeletion } };
  const { exitCode, said } = await run(async () => DONE, { state: full });
  expect([exitCode, said[0], said.at(-1)]).toEqual([
    1,
    `web1 127.0.0.1: ${NAME}: not deleted yet, outstanding`,
    `web2 127.0.0.1: ${NAME}: nothing to delete`,
  ]);
});

test('with --force over a node of an earlier version, it says that it may come back, and what to do', async ({
  scene: { run },
}) => {
  const old: InstallResult = {
    ...DONE,
    state: 'refused',
    findings: [{ code: 'manifest-invalid', key: 'deleted' }],
  };
  const { exitCode, said } = await run(async () => old, { isForced: true });
  expect([exitCode, said.slice(1)]).toEqual([
    1,
    [
      `web2 127.0.0.1: ${NAME}: not deleted`,
      expect.stringContaining('[deletion-not-known]'),
      expect.stringContaining('comes back on every node'),
      expect.stringContaining('certbot delete --cert-name NAME'),
    ],
  ]);
});

test('the wait for an installer is no part of the time of a deletion', async ({
  scene: { run, directory },
}) => {
  const stateDir = join(directory, 'state');
  const held: Promise<number>[] = [];
  // It begins between the trial and the deletion.
  const begin = async () =>
    await new Promise<void>((resolve) => {
      const work = async () => {
        resolve();
        await pause(300);
        return performance.now();
      };
      held.push(withInstallerLock(stateDir, work));
    });
  await run(async () => {
    if (held.length === 0) await begin();
    return DONE;
  });
  const [releasedMs = 0] = await Promise.all(held);
  const own = (await readEvents(stateDir)).filter(({ peer }) => peer === 'web1');
  expect(own).toEqual([expect.objectContaining({ event: 'deletion', outcome: 'ok' })]);
  expect(own[0]?.ms).toBeLessThan(performance.now() - releasedMs);
});
