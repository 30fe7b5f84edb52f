// @module-tag slow
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { clearRequests, NAME, expect, type PairNode } from '../support/cluster/pair.ts';
import { begin, DAY_MS, expectEverywhere, syncAll, test } from '../support/cluster/stamped-pair.ts';

/** Hooks that reach nobody wait for the gate. */
const SLOW = 120_000;

const backupOf = ({ configDir }: PairNode) => join(configDir, '..', 'backup');

async function backUp(node: PairNode): Promise<void> {
  for (const part of ['configDir', 'stateDir'] as const) {
    await cp(node[part], join(backupOf(node), part), { recursive: true, verbatimSymlinks: true });
  }
}

async function restore(
  node: PairNode,
  part: 'configDir' | 'stateDir',
  below: readonly string[],
): Promise<void> {
  for (const path of below) {
    await rm(join(node[part], path), { recursive: true, force: true });
    await cp(join(backupOf(node), part, path), join(node[part], path), {
      ...{ recursive: true, verbatimSymlinks: true },
    });
  }
}

describe('a node whose /etc/letsencrypt is restored from a backup', () => {
  const table = [
    ['with its stateDir of now', async () => undefined],
    ['with its stateDir of then', async (node: PairNode) => await restore(node, 'stateDir', ['installed'])],
    [
      'without its stateDir',
      async ({ stateDir }: PairNode) => await rm(join(stateDir, 'installed'), { recursive: true }),
    ],
  ] as const;
  test.for(table)(
    '%s gets what is newer, and gives nothing of the old',
    { timeout: SLOW },
    async ([, change], { pair, issued }) => {
      const { web1 } = pair;
      await begin(pair, issued.first);
      await backUp(web1);
      await web1.holds(NAME, issued.first, issued.second);
      expect(await web1.deployHook(NAME)).toMatchObject({ code: 0 });
      await restore(web1, 'configDir', ['live', 'archive', 'renewal']);
      await change(web1);
      // Who answers asks nobody.
      await clearRequests(pair);
      expect(await web1.command('sync')).toMatchObject({
        code: 0,
        stdout: `web2: asked for ${NAME}, newer there [newer-elsewhere]\n`,
        stderr: '',
      });
      await syncAll(pair);
      await expectEverywhere(pair, issued.second);
    },
  );
});

test('a node that is restored, with records of a version without stamps, gets what is newer', async ({
  pair,
  issued,
}) => {
  const { web1, web2 } = pair;
  // By its dates too: nothing else has been written down.
  for (const node of [web1, web2]) {
    await node.has(NAME, issued.second, issued.first);
    await node.startAgent();
    await node.startInstaller();
  }
  await rm(join(web1.configDir, 'live', NAME), { recursive: true });
  await rm(join(web1.configDir, 'archive', NAME), { recursive: true });
  await web1.holds(NAME, issued.second);
  const isAsked = async () => (await web1.requests()).includes('web2');
  await eventually(isAsked, { timeoutMs: 5_000, what: 'web2 to have told of its start' });
  await clearRequests(pair);
  expect(await web1.command('sync')).toMatchObject({ code: 0, stdout: expect.stringMatching(/newer there/) });
  await web2.command('sync');
  await expectEverywhere(pair, issued.first);
});

describe('two nodes that have issued apart', () => {
  test.for(['web1', 'web2'] as const)(
    'twice on web1 and once on web2, %s last, end with what was issued last',
    { timeout: SLOW },
    async (last, { pair, issued, ca }) => {
      const { web1, web2 } = pair;
      const fourth = await ca.issue([NAME], { notBefore: new Date(Date.now() - 11 * DAY_MS) });
      for (const node of [web1, web2]) await node.has(NAME, issued.first);
      // No agent runs: nobody hears of the other's, and each hook says so.
      const issue = async (node: PairNode, ...more: readonly (typeof issued.first)[]) => {
        await node.holds(NAME, issued.first, ...more);
        expect(await node.deployHook(NAME)).toMatchObject({ code: 1 });
      };
      await issue(web1, issued.second);
      if (last === 'web1') await issue(web2, issued.third);
      await issue(web1, issued.second, fourth);
      if (last === 'web2') await issue(web2, issued.third);
      for (const node of [web1, web2]) {
        await node.serve(NAME, issued.first);
        await node.startAgent();
        await node.startInstaller();
      }
      await syncAll(pair);
      await expectEverywhere(pair, last === 'web1' ? fourth : issued.third);
    },
  );
});
