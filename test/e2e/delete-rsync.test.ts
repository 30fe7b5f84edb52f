// @module-tag long
import { expect, test } from '../lab/scene/scene.ts';

test('by rsync, a node that was off loses what was deleted meanwhile though the node where it was typed is off by then', async ({
  scene,
}) => {
  scene.needsHosts('a host without power');
  await scene.deliverByRsync({ gate: { timeout: 5 } });
  await scene.holdTimers();
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('deleted-by-rsync');
  await scene.issue(web1, name, { deploys: true });
  const parts = async () =>
    (await web3.check(['find', web3.paths.letsencrypt, '-name', `${name}*`])).split('\n').filter(Boolean);
  expect(await parts()).toHaveLength(3);

  const back = await scene.takeDown(web3, 'power');
  expect(await web1.run(['certbot-ha', 'delete', name])).toMatchObject({ code: 1 });
  expect(await web2.run(['certbot-ha', 'sync'])).toMatchObject({ code: 1 });
  expect(await scene.outstanding(web2)).toEqual([`web3 ${name}`]);
  await scene.takeDown(web1, 'power');
  await back();

  expect(await web2.run(['certbot-ha', 'sync'])).toMatchObject({
    ...{ code: 0, stderr: '', stdout: `web3 ${web3.address}: ${name}: deleted\n` },
  });
  expect(await parts()).toEqual([]);
  expect(await scene.outstanding(web2)).toEqual([]);
});
