import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lineages } from '../../../lib/doctor/checks/lineages.ts';
import type { Context } from '../../../lib/doctor/context.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { renewalConf } from '../../support/lineage/renewal-conf.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { configIn, healthy, row, shownSteps, status, told } from './healthy.ts';

const SEE = ['see: docs/troubleshooting.md#nobody-renews'];

type Records = Context['state']['records'];

/** A record of it, from a node. */
function recorded(from: string): Partial<Context> {
  const records = { installedOf: async () => ({ from }) } as unknown as Records;
  return { state: { ...healthy('/srv').state, records } };
}

async function stepsOf(directory: string, rest: Partial<Context> = {}, config = configIn(directory)) {
  // No other node tells of it.
  const seen = async () => status({ lineages: [] });
  const outcome = await lineages.run(healthy(directory, { seen, ...rest }, config));
  if (outcome.result !== 'found') return [];
  const orphans = outcome.complaints.filter(({ found }) => found.code === 'lineage-not-renewed');
  return orphans.map(({ level, next }) => [level, shownSteps(next)] as const);
}

test('of a lineage that is renewed by hand, it is adopt', async ({ directory, ca }) => {
  await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
  await mkdir(join(directory, 'renewal'), { recursive: true });
  const conf = renewalConf({
    configDir: directory,
    lineage: 'a.test',
    params: ['authenticator = manual'],
  });
  await writeFile(join(directory, 'renewal/a.test.conf'), conf);
  expect(await stepsOf(directory)).toEqual([['fail', ['next: certbot-ha adopt a.test']]]);
});

test('what a node of the cluster has sent is read there before it is copied', async ({ directory, ca }) => {
  await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
  const file = join(directory, 'renewal/a.test.conf');
  const from = (address: string) => [
    [
      'fail',
      [
        `next: ssh root@${address} 'cat ${file}'`,
        'if all paths and hooks in it are right for this node:',
        `next: scp -p root@${address}:${file} ${file}`,
      ],
    ],
  ];
  expect(await stepsOf(directory, recorded('web3'))).toEqual(from('192.0.2.3'));
  // This node itself has issued it.
  expect(await stepsOf(directory, recorded('web1'))).toEqual(from('192.0.2.2'));
  // Where it comes from is down, and nothing answers there.
  const config = configIn(directory);
  const port = { agentPort: 9, httpPort: 9, address: 'host.invalid' };
  const nodes = config.nodes.map((node) => (node.name === 'web3' ? { ...node, ...port } : node));
  const down = { ...config, nodes } as typeof config;
  const reason = { code: 'connection-timed-out', who: 'agent', port: 9, error: 'E' } as const;
  const agents = async () =>
    [0, 1, 2].map((at) => ({
      ...told(down, at),
      ...(at === 2 && { answer: { isOk: false, isSilent: true, reason } as const }),
    }));
  expect(await stepsOf(directory, { ...recorded('web3'), agents }, down)).toEqual(from('192.0.2.2'));
});

test('what sync has forgotten with its configuration is read on a node that tells to have it', async ({
  directory,
  ca,
}) => {
  await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]);
  const seen = async () =>
    status({ lineages: [row({ target: 'web2', installed: 'none' }), row({ target: 'web3' })] });
  const [[, steps] = []] = await stepsOf(directory, { seen });
  expect(steps?.[0]).toBe(`next: ssh root@192.0.2.3 'cat ${directory}/renewal/a.test.conf'`);
});

test('nothing that is served is moved for one that certbot has directories of', async ({ directory, ca }) => {
  await writeLineage(directory, 'a.test', [await ca.issue(['a.test', 'b.test'])]);
  const step = [
    `to do: restore ${directory}/renewal/a.test.conf from a backup`,
    'or, on the node that renews, issue it under another name:',
    'next: certbot-ha certonly --cert-name NEW -d a.test -d b.test',
    `to do: then have ${directory}/live/NEW served`,
  ];
  expect(await stepsOf(directory)).toEqual([['fail', step]]);
  const certificates = { ...configIn(directory).certificates, mode: 'per-node' as const };
  // There each node has its own.
  expect(await stepsOf(directory, recorded('web3'), configIn(directory, { certificates }))).toEqual([
    ['fail', step],
  ]);
  const elsewhere = { ...configIn(directory).certificates, issuer: 'web2' };
  expect(await stepsOf(directory, {}, configIn(directory, { certificates: elsewhere }))).toEqual([
    ['fail', SEE],
  ]);
});

test('of a wildcard HTTP-01 proves nothing, and the page tells', async ({ directory, ca }) => {
  await writeLineage(directory, 'a.test', [await ca.issue(['*.a.test'])]);
  expect(await stepsOf(directory)).toEqual([['fail', SEE]]);
});
