// @module-tag slow
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startCli } from '../support/cluster/built.ts';
import { test as withCluster } from '../support/cluster/cluster.ts';
import { expect, NAME } from '../support/cluster/pair.ts';
import { idOf, test } from '../support/cluster/renewed-pair.ts';
import { serveWebroot } from '../support/cluster/site.ts';

const APART = { challenges: 'shared', lineages: 'http' };

describe('challenges by a shared webroot, lineages by the agents', () => {
  withCluster('no agent and no key is needed for a challenge', async ({ cluster }) => {
    const [web1, ...others] = cluster.nodes;
    const { webroot } = web1;
    const nodes = Object.fromEntries(cluster.nodes.map(({ name, address }) => [name, { address, webroot }]));
    await cluster.configure({ nodes, transport: APART, gate: { timeout: 5, httpPort: cluster.httpPort } });
    await web1.startSite();
    const sites = await Promise.all(
      others.map(async ({ address }) => await serveWebroot(webroot, address, cluster.httpPort)),
    );
    await rm(cluster.keyFile);
    const drill = await startCli(cluster.envOf(web1), ['drill', 'a.example.test']).ended;
    await Promise.all(sites.map(async (site) => await site.close()));
    expect({ code: drill.code, stderr: drill.stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name, address } of cluster.nodes)
      expect(drill.stdout).toContain(`${name} ${address}: served (`);
    expect(await web1.tokens()).toEqual([]);
  });

  test('a lineage goes through the agent and the inbox of the node', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    for (const { stateDir } of [web1, web2]) {
      const file = join(stateDir, '..', 'config.yaml');
      const config = { ...JSON.parse(await readFile(file, 'utf8')), transport: APART };
      await writeFile(file, JSON.stringify(config));
    }
    await web1.has(NAME, issued.next);
    await web2.startAgent();
    await web2.startInstaller();
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
    expect(await web2.leaf(NAME)).toBe(idOf(issued.next));
  });
});
