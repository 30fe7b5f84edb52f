import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../lib/state/journal.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';

test('a lineage that is deleted while its installer is dead leaves nothing that is never undone', async ({
  node,
  issued,
}) => {
  await writeIssuerTree(node.configDir, [issued.old]);
  const bundle = bundleFor(node, issued.next, 2);
  const id = bundle.manifest.leaf.sha256;
  const begun: Entry = {
    ...{ lineage: NAME, id, previous: 1, next: 2, settleAs: null },
    ...{ conf: 'version = 2.1.0\n', phase: 'placing' },
  };
  await mkdir(join(node.stateDir, 'journal'), { recursive: true, mode: 0o700 });
  await writeFile(join(node.stateDir, 'journal', `${NAME}.json`), JSON.stringify(begun));
  // As certbot delete does.
  for (const part of [`live/${NAME}`, `archive/${NAME}`, `renewal/${NAME}.conf`]) {
    await rm(join(node.configDir, part), { recursive: true });
  }
  const { stderr } = await node.install();
  expect(stderr).not.toContain('ENOENT');
  expect(await readdir(join(node.stateDir, 'journal'))).toEqual([]);
  expect(await readdir(join(node.configDir, 'renewal'))).toEqual([]);
  await node.deliver(bundle);
  expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
  expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
});
