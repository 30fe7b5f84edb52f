import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import type { Bundle } from '../../lib/bundle/bundle.ts';
import type { LabNode } from '../lab/lab.ts';
import { makeBundle } from '../support/bundle-maker.ts';
import { placeBundle, resultOn, testWithAuthority } from '../support/e2e-bundle.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { threeNodes } from '../support/e2e-cluster.ts';
import { expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { expectServed, serveByNginx, servedSerial } from '../support/e2e-web-server.ts';

const test = testWithAuthority();

const KILLS = 20;
const MAX_ROUNDS = 20;
const UNIT = 'certbot-ha-installer.service';
const MINUTE_MS = 60_000;

/** Waits for the installer's process and kills it a moment later, with nothing else of the host touched. */
const KILL = `
until pid=$(systemctl show --property=MainPID --value ${UNIT}) && [ "$pid" != 0 ]; do :; done
sleep "$1"
kill -KILL "$pid" 2>/dev/null && echo killed || echo ended
`;

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
  const kills = [web2, web3].map(async (node) => await killSomewhen(node, await installerTookMs(node)));
  expectSuccess(await renew(lab, web1, { name, hooks: 1 }));
  await Promise.all(kills);
  await expectServed(lab, name, await leafOf(web1, name));
  await expectDelivered(lab.nodes);
});

// The last, since the account in its bundles is none that certbot could use.
test('an installer killed at twenty random moments leaves what is whole, and ends what it began', async ({
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
  const usualMs = Math.min(...(await Promise.all(nodes.map(installerTookMs))));

  let kills = 0;
  for (let number = 2; kills < KILLS; number += 1) {
    expect(number, `only ${kills} kills hit`).toBeLessThan(MAX_ROUNDS);
    const bundle = await generation(number);
    const hits = nodes.map(async (node) => {
      const killed = killSomewhen(node, usualMs);
      await placeBundle(node, bundle);
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
});

/** SIGKILL within the time that the next installer takes. Resolves to whether it was still at work. */
async function killSomewhen(node: LabNode, withinMs: number): Promise<boolean> {
  const afterSeconds = ((Math.random() * withinMs) / 1000).toFixed(3);
  return (await node.check(['sh', '-c', KILL, 'kill', afterSeconds])).trim() === 'killed';
}

/** How long the last one ran. */
async function installerTookMs(node: LabNode): Promise<number> {
  const properties = '--property=ExecMainStartTimestampMonotonic,ExecMainExitTimestampMonotonic';
  const said = await node.check(['systemctl', 'show', properties, UNIT]);
  const [from, to] = ['Start', 'Exit'].map((which) =>
    Number(new RegExp(`^ExecMain${which}TimestampMonotonic=(\\d+)$`, 'm').exec(said)?.[1]),
  );
  return ((to ?? NaN) - (from ?? NaN)) / 1000;
}

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
