// @module-tag slow
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Entry } from '../../lib/state/journal.ts';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import type { Issued } from '../support/lineage/certificates.ts';
import { archiveOf, bundleFor, expect, filesOf, test } from '../support/installer/generations.ts';
import { generationIn } from '../support/installer/looks.ts';
import type { InstallerNode } from '../support/installer/node.ts';
import { killIn } from '../support/installer/scenarios.ts';
import { writeLineage } from '../support/lineage/tree.ts';

/** What an installer that was killed has left: this was begun. */
async function begun(node: InstallerNode, id: string, entry: Partial<Entry>): Promise<void> {
  const whole = { lineage: NAME, id, previous: 1, next: 2, settleAs: null, conf: null, phase: 'placing' };
  await mkdir(join(node.stateDir, 'journal'), { recursive: true, mode: 0o700 });
  await writeFile(join(node.stateDir, 'journal', `${NAME}.json`), JSON.stringify({ ...whole, ...entry }));
}

const remove = async (node: InstallerNode, id: string) =>
  await rm(join(node.inbox, 'bundles', id), { recursive: true });

describe('what certbot issues beside an installer is never removed', () => {
  test('that was killed while it tested', async ({ node, issued, ca }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    await killIn(node, 'test');
    expect((await node.install()).signal).toBe('SIGKILL');
    const own = await ca.issue([NAME]);
    await writeLineage(node.configDir, NAME, [issued.old, issued.next, own]);
    await node.unlock();
    await node.install();
    expect(await node.result(bundle)).toMatchObject({
      state: 'failed',
      findings: [{ code: 'issued-meanwhile', lineage: NAME }],
    });
    expect(generationIn(node.configDir, NAME, [issued.old, issued.next, own])).toBe(own);
    // What was begun is older, and certbot would point live at it if it had the highest number.
    expect(await archiveOf(node)).toEqual(filesOf(1, 3));
  });

  test.for([true, false])(
    'that was killed before it had written a file, its bundle there: %s',
    async (isThere, { node, issued, ca }) => {
      const own = await ca.issue([NAME]);
      await writeIssuerTree(node.configDir, [issued.old, own]);
      const bundle = bundleFor(node, issued.next, 2);
      const { sha256 } = bundle.manifest.leaf;
      await begun(node, sha256, {});
      await node.deliver(bundle);
      if (!isThere) await remove(node, sha256);
      await node.install();
      expect(generationIn(node.configDir, NAME, [issued.old, issued.next, own])).toBe(own);
      expect(await archiveOf(node)).toEqual(filesOf(1, 2));
    },
  );

  test.for([true, false])(
    'of an earlier version, at its last step, its bundle there: %s',
    async (isThere, { node, issued, ca }) => {
      const own: Issued = await ca.issue([NAME]);
      await writeIssuerTree(node.configDir, [issued.old, issued.next, own]);
      const bundle = bundleFor(node, issued.next, 1);
      const { sha256 } = bundle.manifest.leaf;
      await begun(node, sha256, { settleAs: 1, phase: 'accepted' });
      await node.deliver(bundle);
      if (!isThere) await remove(node, sha256);
      await node.install();
      expect(generationIn(node.configDir, NAME, [issued.old, issued.next, own])).toBe(own);
      expect(await archiveOf(node)).toEqual(filesOf(1, 2, 3));
    },
  );
});
