// @module-tag long
import { X509Certificate } from 'node:crypto';
import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { serialOf } from '../lab/scene/installed.ts';
import {
  installersKilled,
  installerWaits,
  journalCursor,
  killAtWork,
  workTakesMs,
} from '../lab/scene/installer.ts';

/** `npm run test:long` sets it: chance needs more tries than a run of minutes has. */
const KILLS = 20;
const MAX_ROUNDS = 20;
const MINUTE_MS = 60_000;

test('a delivery whose installer is killed on the way arrives', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('killed-delivery');
  await scene.issue(web1, name, { deploys: true });
  await scene.serve(name);
  const peers = [web2, web3];
  const cursors = await Promise.all(peers.map(journalCursor));

  const [, ...areHit] = await Promise.all([
    scene.renew(web1, name),
    ...peers.map(async (node) => await killAtWork(node)),
  ]);

  expect(areHit).toEqual([true, true]);
  await scene.expectServed(name, await scene.serial(web1, name));
  await scene.expectDelivered();
  for (const [index, node] of peers.entries())
    expect([node.name, await installersKilled(node, cursors[index] ?? '')]).toEqual([node.name, 1]);
});

// The last, since the account in its bundles is none that certbot could use.
test('an installer killed at random moments of its work leaves what is whole, and ends what it began', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('systemd');
  const { nodes } = scene;
  const name = scene.name('killed-installer');
  const generation = async (number: number): Promise<Bundle> => {
    const notBefore = new Date(Date.now() - (MAX_ROUNDS + 2 - number) * MINUTE_MS);
    return await forge.bundle(nodes[0], name, { notBefore, number });
  };
  const first = await generation(1);
  await Promise.all(nodes.map(async (node) => await forge.place(node, first)));
  for (const node of nodes) expect(await forge.result(node, first)).toMatchObject({ state: 'installed' });
  await scene.serve(name);
  // Installs it where the installer waits already, so that all it does from the marker on is this work.
  const place = async (node: LabNode, bundle: Bundle) =>
    await forge.place(node, bundle, { beforeActivation: async () => await installerWaits(node) });
  const second = await generation(2);
  const usualMs = await Promise.all(
    nodes.map(async (node) => {
      const took = workTakesMs(node);
      await place(node, second);
      return await took;
    }),
  );
  for (const node of nodes) expect(await forge.result(node, second)).toMatchObject({ state: 'installed' });

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
      const { state } = await forge.result(node, bundle);
      expect(['installed', 'unchanged']).toContain(state);
      await expectGeneration(scene, node, bundle);
    }
  }
  await scene.expectDelivered();
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
async function expectGeneration(scene: Scene, node: LabNode, { files, manifest }: Bundle): Promise<void> {
  const name = manifest.lineage;
  const live = `${node.paths.letsencrypt}/live/${name}`;
  for (const part of ['cert', 'chain', 'fullchain', 'privkey'] as const) {
    expect(await node.readFile(`${live}/${part}.pem`)).toBe(files[`${part}.pem`]);
    expect((await node.check(['readlink', `${live}/${part}.pem`])).trim()).toBe(
      `../../archive/${name}/${part}${manifest.number}.pem`,
    );
  }
  const serial = serialOf(new X509Certificate(files['cert.pem']));
  await scene.comesToServe(node, { name, serial, timeoutMs: 10_000 });
}
