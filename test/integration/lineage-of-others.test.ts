// @module-tag slow
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, NAME, test, type PairNode } from '../support/cluster/pair.ts';
import type { TestCa } from '../support/lineage/certificates.ts';
import { treeOf } from '../support/tree.ts';

const OTHERS = 'dns.example.test';

/** A manual lineage as somebody has it who validates by DNS, on a node of the cluster. */
async function hasOneOfOthers(node: PairNode, ca: TestCa): Promise<void> {
  await node.has(OTHERS, await ca.issue([OTHERS]));
  const file = join(node.configDir, 'renewal', `${OTHERS}.conf`);
  const conf = (await readFile(file, 'utf8'))
    .replace('pref_challs = http-01,', 'pref_challs = dns-01,')
    .replace('certbot-ha-auth', '/etc/letsencrypt/dns-auth.py')
    .replace(/^(?:manual_cleanup_hook|renew_hook) = .*\n/gm, '');
  await writeFile(file, conf);
}

test('a lineage that other hooks renew stays on its node, unmentioned', async ({
  pair: { web1, web2 },
  ca,
}) => {
  await hasOneOfOthers(web1, ca);
  await web1.has(NAME, await ca.issue([NAME]));
  await web2.startAgent();
  await web2.startInstaller();
  const before = (await treeOf(web2.stateDir)).filter((line) => line.includes(OTHERS));

  const synced = await web1.command('sync');
  expect(synced).toMatchObject({ code: 0, stderr: '' });
  expect(synced.stdout).toContain(`${NAME}: delivered`);
  expect(synced.stdout).not.toContain(OTHERS);
  expect((await web1.command('status')).stdout).not.toContain(OTHERS);
  expect((await treeOf(web2.configDir)).join('\n')).not.toContain(OTHERS);
  expect((await treeOf(web2.stateDir)).filter((line) => line.includes(OTHERS))).toEqual(before);
});

test('certbot’s deploy hook, where it runs for all lineages of a host, lets it be', async ({
  pair: { web1, web2 },
  ca,
}) => {
  await hasOneOfOthers(web1, ca);
  await web2.startAgent();
  const line = `renewal/${OTHERS}.conf: not a lineage that certbot-ha's hooks renew [conf-not-ours]\n`;
  expect(await web1.deployHook(OTHERS)).toMatchObject({ code: 0, stderr: '', stdout: line });
  // Who names it asks for what will not be.
  expect(await web1.command('deploy', OTHERS)).toMatchObject({ code: 1, stderr: `certbot-ha: ${line}` });
  expect(await treeOf(join(web2.stateDir, 'inbox/bundles'))).toEqual([]);
});
