import { expect, test } from '../lab/scene/scene.ts';

test(
  'per-node: two nodes that issue and renew at once each have their own certificate, and nothing is delivered',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('a site on each node');
    await scene.configure({ certificates: { mode: 'per-node' } });
    const [web1, web2, web3] = scene.nodes;
    const issuers = [web1, web2];
    const name = scene.name('per-node');
    const firsts = issuers.map(async (node) => await scene.tryIssue(node, name, { deploys: true }));
    for (const result of await Promise.all(firsts)) scene.expectSuccess(result);
    const before = await Promise.all(issuers.map(async (node) => await scene.leaf(node, name)));
    await scene.serve(name, issuers);

    for (const node of scene.nodes) {
      expect(await node.check(['certbot-ha', 'is-issuer'])).toContain('certificates.mode is per-node');
    }
    const renewals = issuers.map(async (node) => await scene.tryRenew(node, name));
    for (const result of await Promise.all(renewals)) scene.expectSuccess(result);
    for (const node of scene.nodes) {
      expect(await node.check(['certbot-ha', 'sync'])).toContain('every node keeps its own lineages');
    }

    const leaves = await Promise.all(issuers.map(async (node) => await scene.leaf(node, name)));
    expect(new Set([...before, ...leaves].map(({ serialNumber }) => serialNumber)).size).toBe(4);
    for (const node of issuers) expect(await scene.servedBy(node, name)).toBe(await scene.serial(node, name));
    await expect(scene.leaf(web3, name)).rejects.toThrow(/no such file/i);
    for (const node of scene.nodes) {
      expect([node.name, await node.check(['ls', '-A', `${node.paths.stateDir}/outbox`])]).toEqual([
        node.name,
        '',
      ]);
    }
    await scene.expectDelivered();
  },
);
