import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import type { LabNode } from '../lab/lab.ts';
import { makeBundle } from '../support/bundle-maker.ts';
import { journalCursor, placeBundle, resultOn, testWithAuthority } from '../support/e2e-bundle.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { threeNodes } from '../support/e2e-cluster.ts';
import { expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { installersKilled, installerWaits, killAtWork, workTakesMs } from '../support/e2e-installer.ts';
import { expectServed, serveByNginx, servedSerial } from '../support/e2e-web-server.ts';

const test = testWithAuthority();

const KILLS = 20;
const MAX_ROUNDS = 20;
const MINUTE_MS = 60_000;

test('a delivery whose installer is killed on the way arrives all the same', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, web2, web3] = await threeNodes(lab);
  const [name = ''] = namesFor('killed-delivery');
  expectSuccess(await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' }));
  await serveByNginx(lab, name, undo);
  const peers = [web2, web3];
  const cursors = await Promise.all(peers.map(journalCursor));

  const [result, ...areHit] = await Promise.all([
    renew(lab, web1, { name, hooks: 1 }),
    ...peers.map(async (node) => await killAtWork(node)),
  ]);

  expect(areHit).toEqual([true, true]);
  expectSuccess(result);
  await expectServed(lab, name, await leafOf(web1, name));
  await expectDelivered(lab.nodes);
  for (const [index, node] of peers.entries())
    expect([node.name, await installersKilled(node, cursors[index] ?? '')]).toEqual([node.name, 1]);
});

// The last, since the account in its bundles is none that certbot could use.
test('an installer killed at twenty random moments of its work leaves what is whole, and ends what it began', async ({
  lab,
  authority,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const nodes = await threeNodes(lab);
  const [name = ''] = namesFor('killed-installer');
  const [{ paths }] = nodes;
  const generation = async (number: number): Promise<Bundle> => {
    const notBefore = new Date(Date.now() - (MAX_ROUNDS + 2 - number) * MINUTE_MS);
    const issued = await authority.issue([name], { notBefore });
    return makeBundle(issued, { configDir: paths.letsencrypt, lineage: name, number });
  };
  const first = await generation(1);
  await Promise.all(nodes.map(async (node) => await placeBundle(node, first)));
  for (const node of nodes) expect(await resultOn(node, first)).toMatchObject({ state: 'installed' });
  await serveByNginx(lab, name, undo);
  // Installs it where the installer waits already, so that all it does from the marker on is this work.
  const place = async (node: LabNode, bundle: Bundle) =>
    await placeBundle(node, bundle, { beforeActivation: async () => await installerWaits(node) });
  const second = await generation(2);
  const usualMs = await Promise.all(
    nodes.map(async (node) => {
      const took = workTakesMs(node);
      await place(node, second);
      return await took;
    }),
  );
  for (const node of nodes) expect(await resultOn(node, second)).toMatchObject({ state: 'installed' });

  const cursors = await Promise.all(nodes.map(journalCursor));
  let kills = 0;

  for (let number = 3; kills < KILLS; number += 1) {
    expect(number, `only ${kills} kills hit`).toBeLessThan(MAX_ROUNDS);
    const bundle = await generation(number);
    const hits = nodes.map(async (node, index) => {
      const killed = killAtWork(node, Math.random() * (usualMs[index] ?? NaN));
      await place(node, bundle);
      const isKilled = await killed;
      await expectWhole(node, name);
      return isKilled;
    });
    kills += (await Promise.all(hits)).filter(Boolean).length;
    for (const node of nodes) {
      const { state } = await resultOn(node, bundle);
      expect(['installed', 'unchanged']).toContain(state);
      await expectGeneration(node, name, bundle);
    }
  }
  await expectDelivered(nodes);
  const seen = await Promise.all(
    nodes.map(async (node, index) => await installersKilled(node, cursors[index] ?? '')),
  );
  expect(seen.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(kills);
});

/** Whatever live points at is there and complete, and the web server's test takes it unless it is just being switched. */
async function expectWhole(node: LabNode, name: string): Promise<void> {
  for (const part of ['cert', 'chain', 'fullchain', 'privkey']) {
    const content = await node.readFile(`${node.paths.letsencrypt}/live/${name}/${part}.pem`);
    expect(content).toMatch(/^-----BEGIN [A-Z ]+-----\n[\s\S]+\n-----END [A-Z ]+-----\n$/);
  }
}

/** All of live is this bundle's, by number and content, and it is what nginx serves. */
async function expectGeneration(node: LabNode, name: string, { files, manifest }: Bundle): Promise<void> {
  const live = `${node.paths.letsencrypt}/live/${name}`;
  for (const part of ['cert', 'chain', 'fullchain', 'privkey'] as const) {
    expect(await node.readFile(`${live}/${part}.pem`)).toBe(files[`${part}.pem`]);
    expect((await node.check(['readlink', `${live}/${part}.pem`])).trim()).toBe(
      `../../archive/${name}/${part}${manifest.number}.pem`,
    );
  }
  const leaf = new X509Certificate(files['cert.pem']);
  await expect
    .poll(async () => await servedSerial(node, node.address, name), { timeout: 10_000 })
    .toBe(leaf.serialNumber);
}
