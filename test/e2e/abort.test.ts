import { expect, test } from '../lab/scene/scene.ts';

test.for([1, 5])(
  'abort: certbot ends, and the CA is asked for none of %i names',
  async (count, { scene }) => {
    await scene.configure({ gate: { timeout: 2, onFailure: 'abort' } });
    const [web1, , web3] = scene.nodes;
    await scene.hideChallenges(web3);
    const topic = `aborted-${count}x`;

    const result = await scene.tryIssue(web1, scene.names(topic, count));

    expect(result.code).toBe(143);
    expect(await scene.lab.caLog()).toContain('Added order');
    expect(await scene.lab.caLog()).not.toContain(topic);
    expect(await scene.left()).toEqual([]);
    await scene.configure({ gate: { onFailure: 'abort', require: 'vip' } });
    await scene.issue(web1, scene.name(`after-${topic}`));
  },
);

test('abort: the report reaches the journal, as certbot drops what the hook says', async ({ scene }) => {
  scene.needsHosts('a journal');
  await scene.configure({ gate: { timeout: 2, onFailure: 'abort' } });
  const [web1, , web3] = scene.nodes;
  await scene.hideChallenges(web3);
  await scene.tryIssue(web1, scene.name('aborted-aloud'));
  // certbot's stderr is a socket here, as it is under systemd.
  const report = await web1.check(['journalctl', '--quiet', '--output=cat', '--identifier=certbot-ha']);
  expect(report).toContain('3 of 4 targets serve them (gate.require is all)');
  expect(report).toContain(`web3 ${web3.address}: 404 from nginx/`);
  expect(report).toMatch(/gate\.onFailure is abort: ending certbot \(process \d+\) before it asks the CA/);
});
