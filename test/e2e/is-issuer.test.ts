import { join } from 'node:path';
import { eventually, expect, test } from '../lab/scene/scene.ts';

test('is-issuer waits 20 s at most for what is newer elsewhere, and decides by who holds the VIP then', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('newer-elsewhere');
  await scene.issueEverywhere(web1, name);
  // web3 tells of a generation that it cannot give to anybody.
  const record = join(web3.paths.stateDir, 'installed', `${name}.json`);
  const told = JSON.parse(await web3.readFile(record)) as { readonly leaf: object };
  scene.undo(async () => await web3.writeFile(record, JSON.stringify(told)));
  const leaf = { ...told.leaf, sha256: 'f'.repeat(64), notBefore: new Date().toISOString() };
  await web3.check(['systemctl', 'stop', 'certbot-ha-sync.path', 'certbot-ha-sync.timer']);
  scene.undo(async () => {
    await web3.check(['systemctl', 'start', 'certbot-ha-sync.path', 'certbot-ha-sync.timer']);
  });
  scene.undo(async () => {
    await web3.check(['rm', '-f', join(web3.paths.stateDir, 'requests/web1')]);
  });
  await web3.writeFile(record, JSON.stringify({ ...told, leaf }));

  const startedMs = performance.now();
  const asking = web1.run(['certbot-ha', 'is-issuer']);
  const isAsked = async () =>
    (await web3.run(['test', '-e', join(web3.paths.stateDir, 'requests/web1')])).code === 0;
  await eventually(isAsked, { timeoutMs: 10_000, what: 'web3 to be asked' });
  await scene.moveVip(web2);
  expect(await asking).toEqual({
    code: 1,
    stdout: `web1 does not renew: web2 holds the VIP ${scene.vip} [vip-held-elsewhere]\n`,
    stderr: `certbot-ha: newer on another node, but not received within 20 s: ${name} [newer-not-arrived]\n`,
  });
  expect(performance.now() - startedMs).toBeLessThan(25_000);
});
