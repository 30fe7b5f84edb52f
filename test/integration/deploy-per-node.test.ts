// @module-tag slow
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../lab/eventually.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { startDeployHook } from '../support/cluster/deploy-hook.ts';
import { clearRequests, expect, NAME, test, type PairNode } from '../support/cluster/pair.ts';
import { writeLineage } from '../support/lineage/tree.ts';
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

/** Who has asked to be brought up to date, itself among them; the directory is made by whoever asks first. */
async function requestsAt({ stateDir }: PairNode): Promise<readonly string[]> {
  return await readdir(join(stateDir, 'requests')).catch(() => []);
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

test('deploy of all puts the others to use where one is not sound', async ({ pair: { web1 }, ca }) => {
  const issued = await ca.issue([NAME]);
  await web1.has(NAME, issued);
  await web1.serve(NAME, issued);
  await usePerNodeMode(web1);
  await web1.has('a.example.test', issued);
  const file = join(web1.configDir, 'live/a.example.test/privkey.pem');
  await rm(file);
  const { code, stdout, stderr } = await web1.command('deploy');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `certbot-ha: ${file}: no such file [file-missing]\n`,
  });
  expect(stdout).toMatch(/^web1 \S+: served/);
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
      /web2 \S+: roll-out stopped: installer refused \[installer-refused\]\n.*www\.example\.test: comes from web1, and certificates\.mode is per-node on this node: nothing is installed/,
    ),
  });
  expect(await treeOf(web2.configDir)).toEqual(before);
});

test('the deploy hook of such a node takes a lineage that lies elsewhere and that certbot would not renew', async ({
  directory,
  ca,
}) => {
  const [web1 = '', web2 = ''] = loopbackAddresses(2);
  const config = {
    nodes: { web1, web2 },
    stateDir: join(directory, 'state'),
    gate: { timeout: 5, httpsPort: await freePort([web1]) },
    certificates: { mode: 'per-node', configDir: join(directory, 'letsencrypt') },
    webServer: { kind: 'none' },
  };
  const lineage = await writeLineage(join(directory, 'elsewhere'), NAME, [await ca.issue([NAME])]);
  const hook = await startDeployHook({ directory, config, lineage, names: [NAME] });
  expect(await hook.ended).toMatchObject({
    ...{ code: 0, stderr: '' },
    stdout: expect.stringMatching(/^web1 \S+: not in use there: .*\nto use it, add to the configuration of /),
  });
  // Nothing is recorded, locked or left for sync.
  expect(await treeOf(directory)).not.toContainEqual(expect.stringMatching(/^state/));
});

test('sync forgets what was outstanding and told of while the lineages were shared', async ({
  pair: { web1 },
  ca,
}) => {
  await web1.has(NAME, await ca.issue([NAME]));
  expect(await web1.command('deploy')).toMatchObject({ code: 1 });
  await mkdir(join(web1.stateDir, 'rsync-4194999-left'));
  const left = async () =>
    (await treeOf(web1.stateDir)).filter((line) => /installed\/.|outstanding|rsync/.test(line));
  expect(await left()).toHaveLength(3);
  await usePerNodeMode(web1);
  expect(await web1.command('sync')).toMatchObject({ code: 0, stderr: '' });
  expect(await left()).toEqual([expect.stringMatching(/^outstanding\.json/)]);
  expect(JSON.parse(await readFile(join(web1.stateDir, 'outstanding.json'), 'utf8'))).toEqual([]);
});

test('sync and is-issuer ask nobody and send nothing, and an agent that starts asks nobody to sync', async ({
  pair,
  ca,
}) => {
  const { web1, web2 } = pair;
  const [old, next] = [
    await ca.issue([NAME], { notBefore: new Date(Date.now() - 86_400_000) }),
    await ca.issue([NAME]),
  ];
  await web1.has(NAME, old);
  await web2.has(NAME, old, next);
  await web2.startAgent();
  // While both are in shared mode they tell each other, and themselves, that they are back; that is over here.
  const shared = await web1.startAgent();
  for (const node of [web1, web2]) {
    const [what, until] = [
      `${node.name} hears both agents`,
      (asking: readonly string[]) => asking.length === 2,
    ];
    await eventually(async () => await requestsAt(node), { timeoutMs: 15_000, what, until });
  }
  await shared.close();
  await clearRequests(pair);
  const before = await treeOf(join(web2.stateDir, '..'));
  for (const node of [web1, web2]) await usePerNodeMode(node);

  const agent = await web1.startAgent();
  expect(await web1.command('sync')).toMatchObject({
    code: 0,
    stderr: '',
    stdout:
      'certificates.mode is per-node: every node keeps its own lineages, nothing to do [per-node-mode]\n',
  });
  expect(await web1.command('is-issuer')).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'web1 renews: certificates.mode is per-node\n',
  });
  await agent.close();
  expect(await requestsAt(web1)).toEqual([]);
  const configFile = (line: string) => line.startsWith('config.yaml');
  expect((await treeOf(join(web2.stateDir, '..'))).filter((line) => !configFile(line))).toEqual(
    before.filter((line) => !configFile(line)),
  );
});
