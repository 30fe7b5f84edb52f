// @module-tag slow
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, onTestFinished } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { reportError } from '../../../lib/base/report-error.ts';
import { runDeploy } from '../../../lib/commands/run-deploy.ts';
import { runDrill } from '../../../lib/commands/run-drill.ts';
import { runStatus } from '../../../lib/commands/run-status.ts';
import { runSync } from '../../../lib/commands/run-sync.ts';
import { loadCluster } from '../../../lib/cluster/load.ts';
import { listOurs } from '../../../lib/lineage/list.ts';
import { offersOf } from '../../../lib/rollout/offers.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { createOutstanding } from '../../../lib/state/outstanding.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { writeConfig } from '../../support/cluster/built.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { leafIn, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { noDamage } from '../../support/no-damage.ts';
import { runs, timeFor } from '../../support/strange/runs.ts';
import {
  AWAY,
  copyOf,
  MISHAPS,
  NO_BACKUP,
  NO_LOCKS,
  spoil,
  SPOILED_STATE,
  type Mishap,
} from '../../support/strange/trees.ts';

const [SOUND, BAD] = ['sound.test', 'bad.test'];

/** A node with two lineages, and a peer that is down; all in this process. */
async function createNode(directory: string, ca: { issue: (names: readonly string[]) => Promise<Issued> }) {
  const [sound, root] = [join(directory, 'sound'), join(directory, 'node')];
  const configDir = join(root, 'letsencrypt');
  const issued = { [SOUND]: await ca.issue([SOUND]), [BAD]: await ca.issue([BAD]) };
  const { key, ...served } = issued[SOUND] ?? (await ca.issue([SOUND]));
  const site = await serveTls(issued[SOUND] ?? { key, ...served });
  onTestFinished(site.close);
  // Paths in a renewal configuration are those of the copy.
  for (const [lineage, one] of Object.entries(issued)) await writeIssuerTree(configDir, [one], { lineage });
  const records = createRecords(join(root, 'state'), noDamage);
  await mkdir(join(root, 'state'));
  for (const [lineage, { certificate }] of Object.entries(issued)) {
    const installedAt = '2026-01-01T00:00:00.000Z';
    const record = {
      lineage,
      leaf: leafIn(certificate),
      number: 1,
      names: [lineage],
      from: 'web1',
      installedAt,
    };
    await records.writeInstalled(record);
  }
  await copyOf(root, sound);
  const [keyFile, configFile] = [join(directory, 'cluster.key'), join(directory, 'config.json')];
  await writeFile(keyFile, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
  const webroot = join(directory, 'webroot');
  await mkdir(webroot);
  const closed = await freePort(['127.0.0.1']);
  await writeConfig(configFile, {
    nodes: { web1: '127.0.0.1', web2: { address: '127.0.0.2', httpsPort: closed } },
    ...{ self: 'web1', stateDir: join(root, 'state'), webroot },
    gate: { timeout: 1, httpPort: closed, httpsPort: site.port },
    agent: { port: closed, keyFile },
    certificates: { configDir, issuer: 'web1' },
    webServer: { kind: 'none' },
  });
  const spoiled = async (mishaps: readonly Mishap[]) => {
    await copyOf(sound, root);
    for (const mishap of mishaps) await spoil(root, mishap, issued[BAD]?.certificate ?? '');
  };
  return {
    root,
    configDir,
    stateDir: join(root, 'state'),
    spoiled,
    command: commandWith(configFile),
    cluster: async () => await loadCluster({ CERTBOT_HA_CONFIG: configFile }),
  };
}

/** Runs a command as its door does, in this process. */
const commandWith =
  (configFile: string) => async (run: (io: CommandIo) => Promise<0 | 1>, budgetMs: number) => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const io: CommandIo = {
      ...{ env: { ...process.env, CERTBOT_HA_CONFIG: configFile, HOME: '/nonexistent' }, pid: process.pid },
      ...{ out: say, err: say, isTerminal: false, interruption: () => new AbortController().signal },
    };
    const startedMs = performance.now();
    const code = await run(io).catch((error: unknown) => reportError(error, say));
    expect(performance.now() - startedMs).toBeLessThan(budgetMs);
    const text = said.join('\n');
    expect(text).not.toMatch(/this is a bug|internal-error/);
    return { code, text };
  };

/** Then a command may do nothing at all, and says why: it has to write to this directory of state's, and cannot. One that is gone is made. */
const hasLost = (mishaps: readonly Mishap[], name: 'installed' | 'pending' | 'backup') =>
  mishaps.some(({ path, kind }) => path === `state/${name}` && kind !== 'gone');

describe('whatever lies in the directories of one lineage, or of state', () => {
  test(
    'sync has the sound one to give, and ends',
    { timeout: timeFor(120_000) },
    async ({ ca, directory }) => {
      const { spoiled, command, cluster, configDir, stateDir } = await createNode(directory, ca);
      await fc.assert(
        fc.asyncProperty(MISHAPS, async (mishaps) => {
          await spoiled(mishaps);
          // Whatever is here, the others are asked.
          const { text } = await command(runSync, 12_000);
          // What is damaged is not written over where it cannot be kept.
          if (hasLost(mishaps, 'backup') && text.includes('/state/backup: not writable (')) return;
          expect(text).toContain('web2 127.0.0.2: ');
          const { offers } = await offersOf(await listOurs(configDir), {
            // What is damaged was told by the command.
            ...{
              cluster: await cluster(),
              records: createRecords(stateDir, () => undefined),
              views: [],
              limit: timeLimit(5_000),
            },
            io: { out: () => undefined, err: () => undefined },
          });
          if (hasLost(mishaps, 'installed')) return;
          expect(offers.map(({ bundle }) => bundle.manifest.lineage)).toContain(SOUND);
        }),
        { ...runs(8), examples: [[[...SPOILED_STATE]], [NO_BACKUP], ...NO_LOCKS] },
      );
    },
  );

  test('status tells of the sound one', { timeout: timeFor(30_000) }, async ({ ca, directory }) => {
    const { spoiled, command } = await createNode(directory, ca);
    await fc.assert(
      fc.asyncProperty(MISHAPS, async (mishaps) => {
        await spoiled(mishaps);
        const { text } = await command(async (io) => await runStatus(io, {}), 10_000);
        expect(text).toContain(SOUND);
      }),
      { ...runs(8), examples: NO_LOCKS },
    );
  });

  test('deploy tries the sound one', { timeout: timeFor(60_000) }, async ({ ca, directory }) => {
    const { spoiled, command } = await createNode(directory, ca);
    await fc.assert(
      fc.asyncProperty(MISHAPS, async (mishaps) => {
        await spoiled(mishaps);
        const { text } = await command(async (io) => await runDeploy(io, []), 15_000);
        if (!hasLost(mishaps, 'installed')) expect(text).toContain('sound.test: the new certificate (');
      }),
      { ...runs(1), examples: [[[...SPOILED_STATE]], ...NO_LOCKS] },
    );
  });

  test(
    'a drill looks for the names of the sound one',
    { timeout: timeFor(30_000) },
    async ({ ca, directory }) => {
      const { spoiled, command } = await createNode(directory, ca);
      await fc.assert(
        fc.asyncProperty(MISHAPS, async (mishaps) => {
          await spoiled(mishaps);
          const { text } = await command(async (io) => await runDrill(io, []), 20_000);
          if (!hasLost(mishaps, 'pending')) expect(text).toContain('sound.test');
        }),
        { ...runs(1), examples: [[[...SPOILED_STATE]], ...NO_LOCKS] },
      );
    },
  );
});

test(
  'nothing is forgotten because a directory is away',
  { timeout: timeFor(30_000) },
  async ({ ca, directory }) => {
    const { spoiled, command, stateDir } = await createNode(directory, ca);
    await fc.assert(
      fc.asyncProperty(AWAY, async (mishap) => {
        await spoiled([mishap]);
        await createOutstanding(stateDir, noDamage).add([
          {
            node: 'web2',
            lineage: SOUND,
            id: 'a'.repeat(64),
            reason: { code: 'not-activated' },
            since: '2026-01-01T00:00:00.000Z',
          },
        ]);
        await command(runSync, 12_000);
        const kept = await createRecords(stateDir, noDamage).installed();
        expect(kept.map(({ lineage }) => lineage).toSorted()).toEqual([BAD, SOUND]);
        const outstanding = JSON.parse(
          await readFile(join(stateDir, 'outstanding.json'), 'utf8'),
        ) as readonly object[];
        expect(outstanding).toMatchObject([{ node: 'web2', lineage: SOUND }]);
      }),
      runs(8),
    );
  },
);
