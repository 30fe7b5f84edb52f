import { eventually, expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

/** The other order is left to `npm run test:long`: stamps-apart.test.ts shows both without hosts. */
const LAST = process.env['CERTBOT_HA_TEST_LONG'] ? (['web2', 'web1'] as const) : (['web2'] as const);

test.for(LAST)(
  'two nodes that have renewed apart, web1 twice and web2 once, %s last, end with what was issued last everywhere',
  async (last, { scene }) => {
    scene.needsHosts('a cut between two nodes that the CA still reaches');
    await scene.configure({ gate: { timeout: 3 } });
    const [web1, web2, web3] = scene.nodes;
    const timers = await scene.holdTimers();
    const name = scene.name(`split-${last}`);
    await scene.issue(web1, name, { deploys: true });
    await scene.serve(name);

    const heal = await scene.cutOff(web2);
    const [early, late] = last === 'web2' ? [web1, web2] : [web2, web1];
    const numbers = { web1: 1, web2: 1 };
    for (const node of last === 'web2' ? [web1, web1, web2] : [web2, web1, web1])
      numbers[node === web1 ? 'web1' : 'web2'] += await renewApart(scene, node, name);
    const [lost, newest] = [await scene.leaf(early, name), await scene.leaf(late, name)];
    expect(lost.serialNumber).not.toBe(newest.serialNumber);
    // The number is no help: as a rule web1 is ahead, whichever has issued last.
    const [ofWeb1, ofWeb2] = [await scene.generation(web1, name), await scene.generation(web2, name)];
    expect({ web1: ofWeb1, web2: ofWeb2 }).toEqual(numbers);

    await heal();
    await timers.hurry(late);
    await everyoneHas(scene, name, newest.serialNumber);
    await timers.letGo();

    await scene.expectServed(name, await scene.serial(late, name));
    const losers = last === 'web2' ? [web1, web3] : [web2];
    for (const node of losers) {
      expect(await archivedOn(node, name)).toContain(lost.toString().trim());
    }
    await scene.expectDelivered();
    for (const node of scene.nodes) {
      expect(await node.check(['certbot', 'certificates', '--cert-name', name])).toContain('VALID');
    }
    // Tokens that could not be taken away from the other side are, by each one's next run.
    await late.check(['certbot-ha', 'drill', name]);
    await scene.moveVip(early);
    await scene.renew(early, name);
    await everyoneHas(scene, name, (await scene.leaf(early, name)).serialNumber);
    await scene.expectServed(name, await scene.serial(early, name));
    await scene.expectDelivered();
  },
);

/** A renewal with the VIP on that node, whose hooks miss somebody. Gives how many certificates it has taken. */
async function renewApart(scene: Scene, node: LabNode, name: string): Promise<number> {
  await scene.moveVip(node);
  const before = await scene.leaf(node, name);
  // The hook has to say so, which does not keep certbot from going on.
  const result = await scene.tryRenew(node, name);
  expect(result.code).toBe(0);
  expect(result.complaints).toMatch(/not seen everywhere within 3 s/);
  expect((await scene.leaf(node, name)).serialNumber).not.toBe(before.serialNumber);
  return result.runs;
}

async function everyoneHas(scene: Scene, name: string, serial: string): Promise<void> {
  const ask = async () => {
    const serials = await Promise.all(
      scene.nodes.map(async (node) => (await scene.leaf(node, name)).serialNumber),
    );
    return serials.every((one) => one === serial);
  };
  await eventually(ask, { timeoutMs: MINUTE_MS, what: 'one certificate everywhere', everyMs: 250 });
}

/** All certificates of the lineage that certbot and the installer have kept: nothing is removed. */
async function archivedOn(node: LabNode, name: string): Promise<string> {
  const script = 'cat "$1"/archive/"$2"/cert*.pem';
  return await node.check(['sh', '-c', script, 'archive', node.paths.letsencrypt, name]);
}
