// @module-tag slow
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { eventsIn } from '../support/cluster/event-files.ts';
import { expect, NAME, type PairNode } from '../support/cluster/pair.ts';
import { idOf, test } from '../support/cluster/renewed-pair.ts';
import { treeOf } from '../support/tree.ts';

/** What is left of the lineage, in certbot's directory and in the records. */
async function leftOf({ configDir, stateDir }: PairNode): Promise<readonly string[]> {
  const all = [...(await treeOf(configDir)), ...(await treeOf(join(stateDir, 'installed')).catch(() => []))];
  return all.filter((line) => line.includes(NAME));
}

/** As certbot delete, and certbot revoke, do it. */
async function deleteByHand({ configDir }: PairNode, ...lineages: readonly string[]): Promise<void> {
  for (const lineage of lineages)
    for (const part of [`live/${lineage}`, `archive/${lineage}`, `renewal/${lineage}.conf`])
      await rm(join(configDir, part), { recursive: true });
}

async function start(node: PairNode): Promise<void> {
  await node.startAgent();
  await node.startInstaller();
}

async function haveAndRun(nodes: readonly PairNode[], certificate: Parameters<PairNode['has']>[1]) {
  for (const node of nodes) await node.has(NAME, certificate);
  for (const node of nodes) await start(node);
}

describe('certbot-ha delete', () => {
  test('takes a lineage off every node', async ({ pair: { web1, web2 }, issued }) => {
    await haveAndRun([web1, web2], issued.next);
    const dry = await web1.command('delete', '--dry-run', NAME);
    const line = ({ name, address }: PairNode, words: string) => `${name} ${address}: ${NAME}: ${words}\n`;
    expect(dry).toMatchObject({
      code: 0,
      stdout: line(web1, 'would be deleted') + line(web2, 'would be deleted'),
    });
    expect(await leftOf(web2)).not.toEqual([]);
    expect(await web1.command('delete', NAME)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: line(web1, 'deleted') + line(web2, 'deleted'),
    });
    for (const node of [web1, web2]) expect(await leftOf(node)).toEqual([]);
    const deletion = { event: 'deletion', lineage: NAME, outcome: 'ok' };
    const by = { ...deletion, node: 'web1', program: 'delete' };
    expect(await eventsIn(web1.stateDir)).toEqual(['web1', 'web2'].map((peer) => ({ ...by, peer })));
    await expect
      .poll(async () => await eventsIn(web2.stateDir), { timeout: 5_000 })
      .toEqual([{ ...deletion, node: 'web2', program: 'installer' }]);
    // Twice is once.
    expect(await web2.command('delete', NAME)).toMatchObject({ code: 0, stderr: '' });
  });

  test('keeps it away, from a backup of a host too, until it is issued anew', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await haveAndRun([web1, web2], issued.next);
    const backup = join(web2.configDir, '..', 'copy');
    await cp(web2.configDir, backup, { recursive: true, verbatimSymlinks: true });
    await web1.command('delete', NAME);
    await rm(web2.configDir, { recursive: true });
    await cp(backup, web2.configDir, { recursive: true, verbatimSymlinks: true });
    expect(await web2.command('sync')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/: deleted; a copy is in .*\/backup\/deleted-/),
    });
    expect(await web1.command('sync')).toMatchObject({ code: 0, stderr: '', stdout: '' });
    for (const node of [web1, web2]) expect(await leftOf(node)).toEqual([]);

    // Issued anew it lives.
    await web1.holds(NAME, issued.old);
    await web1.deployHook(NAME);
    for (const node of [web1, web2]) expect(await node.leaf(NAME)).toBe(idOf(issued.old));
  });

  test('comes to a node that was off when that is back, whoever is first', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    for (const node of [web1, web2]) await node.has(NAME, issued.next);
    await start(web1);
    const { code, stdout, stderr } = await web1.command('delete', NAME);
    expect([code, stdout]).toEqual([1, `web1 ${web1.address}: ${NAME}: deleted\n`]);
    expect(stderr).toMatch(/web2 .*: not deleted yet, outstanding\n.*connection-refused/);
    // A survey of its peers comes before anything that it would give.
    await web2.startAgent();
    expect(await web2.command('sync')).toMatchObject({ code: 0, stderr: '' });
    for (const node of [web1, web2]) expect(await leftOf(node)).toEqual([]);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `web2 ${web2.address}: ${NAME}: deleted\n`,
    });
    expect(await web1.command('sync')).toMatchObject({ code: 0, stdout: '' });
  });

  test('is what finishes what certbot delete has done on one node, as every node says', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    const both = ['b.example.test', NAME];
    for (const node of [web1, web2]) await node.has('b.example.test', issued.next);
    await haveAndRun([web1, web2], issued.next);
    expect(await web2.command('sync')).toMatchObject({ code: 0, stderr: '' });
    await deleteByHand(web2, ...both);
    const of = (name: string) =>
      `certbot-ha: web2 ${web2.address}: ${name}: deleted on that node alone.*\\[deleted-by-hand\\]\n.*certbot-ha delete --undo ${name}\n.*certbot-ha delete ${name}\n.*certbot-ha certonly --cert-name ${name} -d NAME\n`;
    const told = new RegExp(`^${both.map(of).join('')}$`);
    expect(await web2.command('sync')).toMatchObject({ code: 1, stderr: expect.stringMatching(told) });
    expect(await web1.command('sync')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(told),
    });
    for (const node of [web1, web2]) {
      const { stdout } = await node.command('status');
      expect(stdout).toMatch(/web2 +127\S+ +deleted /);
      expect(stdout).toMatch(/web2: .*deleted-by-hand/);
      expect((await node.command('status', '--check')).stdout).toContain('[deleted-by-hand]');
    }
  });

  test('undoes or finishes what certbot delete has done on one node', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await haveAndRun([web1, web2], issued.next);
    await deleteByHand(web2, NAME);
    // A delivery does not bring it back silently.
    const { code, stderr } = await web1.command('deploy', NAME);
    expect([code, stderr]).toEqual([1, expect.stringContaining('[deleted-by-hand]')]);
    expect(await readdir(join(web2.configDir, 'renewal'))).toEqual([]);

    expect(await web2.command('delete', '--undo', NAME)).toMatchObject({ code: 0, stderr: '' });
    await web1.command('sync');
    expect(await web2.leaf(NAME)).toBe(idOf(issued.next));
    expect(await web2.command('delete', '--undo', NAME)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[nothing-to-undo]'),
    });

    await deleteByHand(web2, NAME);
    await web2.command('sync');
    expect(await web2.command('delete', NAME)).toMatchObject({ code: 0, stderr: '' });
    for (const node of [web1, web2]) expect(await leftOf(node)).toEqual([]);
    expect(await web2.command('sync')).toMatchObject({ code: 0, stderr: '', stdout: '' });
  });

  test('takes nothing that nobody has, and nothing of others', async ({ pair: { web1 }, issued }) => {
    await web1.has('b.example.test', issued.next);
    expect(await web1.command('delete', NAME)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[no-such-lineage]'),
    });
    for (const argv of [
      ['delete'],
      ['delete', '../x'],
      ['delete', 'a', 'b'],
      ['delete', '--undo', '--force', 'a'],
    ])
      expect(await web1.command(...argv)).toMatchObject({ code: 2, stdout: '' });
  });
});
