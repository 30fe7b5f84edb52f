// @module-tag slow
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import { archiveOf, bundleFor, expect, filesOf, HOUR_MS, test } from '../support/installer/generations.ts';
import { generationIn } from '../support/installer/looks.ts';
import type { InstallerNode } from '../support/installer/node.ts';

const hoursFromNow = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

async function install(node: InstallerNode, bundle: Bundle, stamp?: string) {
  await node.deliver(bundle, stamp);
  await node.install();
  return await node.result(bundle);
}

describe('an installer', () => {
  test('goes by stamps, whatever the dates and numbers say, and writes them down', async ({
    node,
    issued,
  }) => {
    const stamps = [hoursFromNow(-0.5), hoursFromNow(-0.25)] as const;
    const [first, second] = [bundleFor(node, issued.next, 7), bundleFor(node, issued.old, 1)];
    expect(await install(node, first, stamps[0])).toMatchObject({ state: 'installed' });
    expect(await install(node, second, stamps[1])).toMatchObject({ state: 'installed' });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.old);
    expect(await archiveOf(node)).toEqual(filesOf(7, 8));
    const { leaf } = first.manifest;
    const others = [{ sha256: leaf.sha256, stamp: stamps[0], notAfter: leaf.notAfter }];
    expect(await node.installed()).toEqual([expect.objectContaining({ stamp: stamps[1], others })]);

    // It comes back, from a backup: old it stays, whatever stamp it has been given meanwhile.
    for (const stamp of [undefined, stamps[0], hoursFromNow(0)]) {
      expect(await install(node, first, stamp)).toMatchObject({
        state: 'refused',
        findings: [{ code: 'older-than-installed', lineage: NAME, stamp: stamps[0], here: stamps[1] }],
      });
    }
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.old);
  });

  test('takes a stamp that is an hour ahead, and refuses one of next year with words about clocks', async ({
    node,
    issued,
  }) => {
    expect(await install(node, bundleFor(node, issued.old, 1), hoursFromNow(1))).toMatchObject({
      state: 'installed',
    });
    const stamp = hoursFromNow(365 * 24);
    const { state, messages } = await install(node, bundleFor(node, issued.next, 2), stamp);
    expect([state, messages[0]]).toEqual([
      'refused',
      expect.stringMatching(`issued ${stamp} by the clock of the node it comes from, but it is 20.* here`),
    ]);
    expect(messages[1]).toMatch(/one of the two clocks is wrong by more than a day: date -u on both/);
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.old);
  });

  test('goes by notBefore where neither has a stamp', async ({ node, issued }) => {
    expect(await install(node, bundleFor(node, issued.old, 1))).toMatchObject({ state: 'installed' });
    expect(await install(node, bundleFor(node, issued.next, 2))).toMatchObject({ state: 'installed' });
    expect((await node.installed()).map((record) => 'stamp' in record)).toEqual([false]);
    expect(await install(node, bundleFor(node, issued.old, 1))).toMatchObject({ state: 'refused' });
  });

  test('takes what a node without stamps has issued since, and stamps it', async ({ node, issued }) => {
    const stamp = hoursFromNow(0);
    expect(await install(node, bundleFor(node, issued.old, 1), stamp)).toMatchObject({ state: 'installed' });
    // It begins an hour ago, as a CA backdates, and so before the stamp of the one before it.
    expect(await install(node, bundleFor(node, issued.next, 2))).toMatchObject({ state: 'installed' });
    const [record] = await node.installed();
    expect(Date.parse(record?.stamp ?? '')).toBeGreaterThan(Date.parse(stamp));
    expect(await install(node, bundleFor(node, issued.old, 1))).toMatchObject({ state: 'refused' });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next])).toBe(issued.next);
  });

  test('leaves what certbot has issued here since the last record', async ({ node, issued, ca }) => {
    await install(node, bundleFor(node, issued.old, 1), hoursFromNow(-3));
    const own = await ca.issue([NAME], { notBefore: new Date(Date.now() - 72 * HOUR_MS) });
    await writeIssuerTree(node.configDir, [issued.old, own]);
    expect(await install(node, bundleFor(node, issued.next, 2), hoursFromNow(-1))).toMatchObject({
      state: 'failed',
      findings: [{ code: 'issued-meanwhile', lineage: NAME }],
    });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next, own])).toBe(own);
  });

  test('refuses a marker with anything else in it', async ({ node, issued }) => {
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    const marker = join(node.inbox, 'activated', bundle.manifest.leaf.sha256);
    await rm(marker);
    await writeFile(marker, '{"stamp":1}');
    await node.giveAway();
    await node.install();
    expect(await node.result(bundle)).toMatchObject({
      state: 'refused',
      findings: [{ code: 'marker-invalid', file: marker }],
    });
  });
});
