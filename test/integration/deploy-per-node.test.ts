import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, NAME, test, type PairNode } from '../support/cluster/pair.ts';
import { treeOf } from '../support/tree.ts';

/** The node's configuration file, which lies beside its state. */
async function usePerNodeMode({ stateDir }: PairNode): Promise<void> {
  const file = join(stateDir, '..', 'config.yaml');
  const config = JSON.parse(await readFile(file, 'utf8')) as { certificates: object };
  await writeFile(
    file,
    JSON.stringify({ ...config, certificates: { ...config.certificates, mode: 'per-node' } }),
  );
}

test('deploy sends nothing where each node has its own certificates, and puts its own to use', async ({
  pair: { web1, web2 },
  ca,
}) => {
  const issued = await ca.issue([NAME]);
  await web1.has(NAME, issued);
  await web1.serve(NAME, issued);
  for (const node of [web1, web2]) await usePerNodeMode(node);
  await web2.startAgent();
  const before = await treeOf(join(web2.stateDir, '..'));
  const deployed = await web1.command('deploy');
  expect(deployed).toMatchObject({ code: 0, stderr: '' });
  expect(deployed.stdout).toMatch(/^web1 \S+: served \(\d+ attempts? in \d+\.\d\d s\)\n$/);
  expect(await treeOf(join(web2.stateDir, '..'))).toEqual(before);
});

test('a peer in per-node mode installs nothing that comes from another node', async ({
  pair: { web1, web2 },
  ca,
}) => {
  await web1.has(NAME, await ca.issue([NAME]));
  await usePerNodeMode(web2);
  await web2.startAgent();
  await web2.startInstaller();
  const before = await treeOf(web2.configDir);
  const refused = await web1.command('deploy');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /web2 \S+: stopped here: its installer: refused\n.*www\.example\.test: comes from web1, and certificates\.mode is per-node on this node: nothing is installed/,
    ),
  });
  expect(await treeOf(web2.configDir)).toEqual(before);
});
