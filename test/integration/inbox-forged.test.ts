// @module-tag slow
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { FOREIGN, FORGERIES } from '../support/lineage/forgeries.ts';
import { makeBundle, writeIssuerTree } from '../support/lineage/bundle.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import { treeOf } from '../support/tree.ts';

const OTHER = 'other.example.test';

describe('a forged bundle', () => {
  const all = [
    ...FORGERIES.map((row) => [...row, true] as const),
    ...FOREIGN.map((row) => [...row, false] as const),
  ];
  test.for(all)(
    'with %s is refused with that reason, leaves, and changes nothing',
    async ([, reason, forge, isGiven], { node, issued, skip }) => {
      if (!isGiven && process.getuid?.() !== 0) return skip('only root can give a file to another user');
      await writeIssuerTree(node.configDir, [issued.old]);
      const before = await treeOf(node.configDir);
      const [forged, sound] = [
        bundleFor(node, issued.next, 2),
        makeBundle(issued.other, { configDir: node.configDir, lineage: OTHER }),
      ];
      await node.deliver(forged);
      await node.deliver(sound);
      const root = join(node.inbox, 'bundles', forged.manifest.leaf.sha256);
      await forge({ root, node, at: (path) => join(root, path) });
      if (isGiven) await node.giveAway();
      const startedMs = performance.now();
      const { code, stderr } = await node.install();
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      expect(code).toBe(1);
      const result = await node.result(forged);
      expect(result).toMatchObject({ state: 'refused' });
      expect(result.messages).toContainEqual(expect.stringMatching(reason));
      expect(stderr).toMatch(/: refused\ncertbot-ha: {3}/);
      expect(stderr.length).toBeLessThan(4_000);
      // The sound one of another lineage came beside it and was installed; of the forged one there is nothing.
      expect(await node.result(sound)).toMatchObject({ state: 'installed' });
      const after = (await treeOf(node.configDir)).filter(
        (line) => !line.slice(0, 80).includes(OTHER) && !line.startsWith('live/certbot-ha-lineages '),
      );
      expect(after).toEqual(before);
      expect(await readdir(join(node.inbox, 'activated'))).toEqual([]);
      expect(await readdir(join(node.inbox, 'bundles'))).toEqual([]);
    },
  );
});
