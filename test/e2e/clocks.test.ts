// @module-tag long
import { join } from 'node:path';
import { lacksFakeClock, setClock } from '../lab/scene/clock.ts';
import { expect, test, type LabNode } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;
const YEAR_MINUTES = 366 * 24 * 60;

// The lab's CA does not date back as others do, and files have the machine's own time: nobody is behind it, or an hour ahead.
test('clocks almost an hour apart: what any node issues last is served everywhere, whether its clock is ahead or behind, and stays so', async ({
  scene,
  skip,
}) => {
  scene.needsHosts('clocks of their own');
  const [web1, web2, web3] = scene.nodes;
  skip(await lacksFakeClock(web1), 'libfaketime is not installed');
  await setClock(scene.undo, web1, 25);
  await setClock(scene.undo, web2, 55);
  const name = scene.name('clocks');
  await scene.issueEverywhere(web1, name);
  const stamps = [await stampOn(web1, name)];
  expect(stamps[0]).toBeGreaterThan(Date.now() + 20 * MINUTE_MS);

  const takesOver = async (node: LabNode) => {
    await scene.moveVip(node);
    await scene.renew(node, name);
    const serial = await scene.serial(node, name);
    await scene.expectServed(name, serial);
    for (const each of scene.nodes) expect(await syncOf(each)).toMatchObject({ code: 0, stderr: '' });
    await scene.expectEverywhere(name, serial);
    stamps.push(await stampOn(node, name));
  };
  await takesOver(web2);
  expect(stamps[1]).toBeGreaterThan(Date.now() + 50 * MINUTE_MS);
  await takesOver(web3);
  await takesOver(web1);
  await takesOver(web2);
  expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  expect(new Set(stamps).size).toBe(5);
});

test('a clock of next year: what is issued by it is refused and told of; when the clock is right again, sync delivers it, and what is issued next is served everywhere', async ({
  scene,
  skip,
}) => {
  scene.needsHosts('clocks of their own');
  const [web1, web2] = scene.nodes;
  skip(await lacksFakeClock(web1), 'libfaketime is not installed');
  const name = scene.name('year');
  const first = await scene.issueEverywhere(web1, name);
  const setRight = await setClock(scene.undo, web2, YEAR_MINUTES);
  await scene.moveVip(web2);
  const { deployComplaints } = await scene.tryRenew(web2, name);
  expect(deployComplaints).toMatch(
    /issued 20.* by the clock of the node it comes from.*\[stamp-ahead\]\n.*date -u on both/,
  );
  await scene.expectServed(name, first);
  const told = await syncOf(web1);
  expect(told).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^certbot-ha: web2 .*\[stamp-ahead\]/),
  });

  await setRight();
  expect(await syncOf(web2)).toMatchObject({ code: 0, stderr: '' });
  await scene.expectEverywhere(name, await scene.serial(web2, name));
  await scene.moveVip(web1);
  await scene.renew(web1, name);
  const serial = await scene.serial(web1, name);
  for (const each of scene.nodes) expect(await syncOf(each)).toMatchObject({ code: 0, stderr: '' });
  await scene.expectEverywhere(name, serial);
});

async function syncOf(node: LabNode) {
  return await node.run(['certbot-ha', 'sync']);
}

async function stampOn(node: LabNode, name: string): Promise<number> {
  const text = await node.readFile(join(node.paths.stateDir, 'installed', `${name}.json`));
  return Date.parse((JSON.parse(text) as { readonly stamp: string }).stamp);
}
