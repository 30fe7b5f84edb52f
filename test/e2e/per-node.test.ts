// @module-tag core
import { expect } from 'vitest';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';
import { serveByNginx, servedSerial } from '../support/e2e-web-server.ts';

const test = testIn();

test('per-node: two nodes that issue and renew at once each have their own certificate, and nothing is delivered', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a site on each node');
  await configure(lab, undo, { certificates: { mode: 'per-node' } });
  const [web1, web2, web3] = await threeNodes(lab);
  const issuers = [web1, web2];
  const [name = ''] = namesFor('per-node');
  const firsts = issuers.map(
    async (node) => await issue(lab, node, [name], { deployHook: 'certbot-ha-deploy' }),
  );
  for (const result of await Promise.all(firsts)) expectSuccess(result);
  const before = await Promise.all(issuers.map(async (node) => await leafOf(node, name)));
  await serveByNginx(lab, name, undo, issuers);

  for (const node of lab.nodes) {
    expect(await node.check(['certbot-ha', 'is-issuer'])).toContain('certificates.mode is per-node');
  }
  const renewals = issuers.map(async (node) => await renew(lab, node, { name, hooks: 1 }));
  for (const result of await Promise.all(renewals)) expectSuccess(result);
  for (const node of lab.nodes) {
    expect(await node.check(['certbot-ha', 'sync'])).toContain('every node keeps its own lineages');
  }

  const leaves = await Promise.all(issuers.map(async (node) => await leafOf(node, name)));
  const serials = leaves.map(({ serialNumber }) => serialNumber);
  expect(new Set([...before, ...leaves].map(({ serialNumber }) => serialNumber)).size).toBe(4);
  expect(await Promise.all(issuers.map(({ address }) => servedSerial(lab.ca, address, name)))).toEqual(
    serials,
  );
  await expect(leafOf(web3, name)).rejects.toThrow(/no such file/i);
  for (const node of lab.nodes) {
    expect([node.name, await node.check(['ls', '-A', `${node.paths.stateDir}/outbox`])]).toEqual([
      node.name,
      '',
    ]);
  }
  await expectDelivered(lab.nodes);
});
