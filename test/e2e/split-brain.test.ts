import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { Lab, LabNode } from '../lab/lab.ts';
import { expectDelivered } from '../support/e2e-bundle-left.ts';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn, type Undo } from '../support/e2e-test.ts';
import { holdTimers } from '../support/e2e-timer.ts';
import { expectServed, serveByNginx } from '../support/e2e-web-server.ts';

const test = testIn();
const MINUTE_MS = 60_000;

test.for(['web2', 'web1'] as const)(
  'two nodes that have renewed apart, %s last, end with the newest certificate everywhere',
  async (last, { lab, undo, needsHosts }) => {
    needsHosts('a cut between two nodes that the CA still reaches');
    await configure(lab, undo, { gate: { timeout: 3 } });
    const [web1, web2, web3] = await threeNodes(lab);
    const timers = await holdTimers(lab, undo);
    const [name = ''] = namesFor(`split-${last}`);
    expectSuccess(await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' }));
    await serveByNginx(lab, name, undo);

    const heal = await cutOff(web2, [web1, web3], undo);
    const [early, late] = last === 'web2' ? [web1, web2] : [web2, web1];
    await renewApart(lab, early, name);
    await renewApart(lab, late, name);
    const [lost, newest] = [await leafOf(early, name), await leafOf(late, name)];
    expect(lost.serialNumber).not.toBe(newest.serialNumber);
    for (const node of [web1, web2]) expect(await numberOf(node, name)).toBe(2);

    await heal();
    await timers.hurry(late);
    await everyoneHas(lab, name, newest.serialNumber);
    await timers.letGo();

    await expectServed(lab, name, newest);
    const losers = last === 'web2' ? [web1, web3] : [web2];
    for (const node of losers) {
      expect(await backupsOf(node, name)).toContain(lost.toString().trim());
      expect(await numberOf(node, name)).toBe(2);
    }
    await expectDelivered(lab.nodes);
    for (const node of lab.nodes) {
      expect(await node.check(['certbot', 'certificates', '--cert-name', name])).toContain('VALID');
    }
    // Tokens that could not be taken away from the other side are, by each one's next run.
    await late.check(['certbot-ha', 'drill', name]);
    await lab.moveVip(early);
    expectSuccess(await renew(lab, early, { name, hooks: 1 }));
    for (const node of lab.nodes) expect(await numberOf(node, name)).toBe(3);
    await expectServed(lab, name, await leafOf(early, name));
    await expectDelivered(lab.nodes);
  },
);

/** Nothing gets from the node to the others any more; the CA and the VIP's heartbeat still do. */
async function cutOff(node: LabNode, others: readonly LabNode[], undo: Undo): Promise<() => Promise<void>> {
  let isCut = true;
  const route = async (verb: 'add' | 'del') => {
    for (const { address } of others) await node.check(['ip', 'route', verb, 'blackhole', `${address}/32`]);
  };
  const heal = async () => {
    if (isCut) await route('del');
    isCut = false;
  };
  undo(heal);
  await route('add');
  return heal;
}

/** A renewal with the VIP on that node, whose hooks miss somebody. */
async function renewApart(lab: Lab, node: LabNode, name: string): Promise<void> {
  await lab.moveVip(node);
  const before = await leafOf(node, name);
  // The hook has to say so, which does not keep certbot from going on.
  const result = await renew(lab, node, { name, hooks: 0 });
  expect(result.code).toBe(0);
  expect(complaintsIn(result)).toMatch(/not seen everywhere within 3 s/);
  expect((await leafOf(node, name)).serialNumber).not.toBe(before.serialNumber);
}

async function everyoneHas(lab: Lab, name: string, serial: string): Promise<void> {
  const ask = async () => {
    const serials = await Promise.all(lab.nodes.map(async (node) => (await leafOf(node, name)).serialNumber));
    return serials.every((one) => one === serial);
  };
  await eventually(ask, { timeoutMs: MINUTE_MS, what: 'one certificate everywhere', everyMs: 250 });
}

/** The N that live points at. */
async function numberOf(node: LabNode, name: string): Promise<number> {
  const target = await node.check(['readlink', `${node.paths.letsencrypt}/live/${name}/cert.pem`]);
  return Number(/cert(\d+)\.pem/.exec(target)?.[1]);
}

/** All certificates of the lineage that have been put aside. */
async function backupsOf(node: LabNode, name: string): Promise<string> {
  const script = 'cat "$1"/backup/"$2"-*/cert*.pem';
  return await node.check(['sh', '-c', script, 'backups', node.paths.stateDir, name]);
}
