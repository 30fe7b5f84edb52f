import { join } from 'node:path';
import { expect, test } from '../lab/scene/scene.ts';

test(
  'certbot renew uses the hooks that certonly was given, wherever the VIP is',
  { tags: ['core'] },
  async ({ scene }) => {
    const [web1, web2] = scene.nodes;
    const name = scene.name('renewed');
    await scene.issue(web1, name);
    const first = await scene.leaf(web1, name);
    await scene.moveVip(web2);

    const said = await scene.renew(web1, name);

    expect(said).toContain(`${name}: served by web1, web2, web3, vip`);
    const second = await scene.expectCertificate(web1, name);
    expect(second.serialNumber).not.toBe(first.serialNumber);
  },
);

test('certbot renew renews several lineages in one process, each with its own batch', async ({ scene }) => {
  const [web1] = scene.nodes;
  const configDir = join(web1.paths.stateDir, 'test-config-several');
  const lineages = [scene.names('first', 2), scene.names('second', 2)];
  for (const names of lineages) await scene.issue(web1, names, { configDir });
  const said = await scene.renew(web1, 'all', { configDir, hooks: 4 });
  expect(said.match(/2 challenges: served by web1, web2, web3, vip/g)).toHaveLength(2);
});

test('certbot --dry-run runs the hooks and leaves no certificate', async ({ scene }) => {
  const [web1] = scene.nodes;
  const name = scene.name('dry');
  const result = await scene.tryIssue(web1, name, { args: ['--dry-run'] });
  scene.expectSuccess(result);
  expect(result.stdout).toContain(`${name}: served by web1, web2, web3, vip`);
  expect(result.stdout).toContain('The dry run was successful.');
  await expect(scene.leaf(web1, name)).rejects.toThrow(/no such file/i);
});

test(
  'certbot-ha certonly gets a certificate and leaves the hooks in its renewal configuration',
  { tags: ['core'] },
  async ({ scene }) => {
    const [web1] = scene.nodes;
    const name = scene.name('certonly');
    const { letsencrypt } = web1.paths;
    // On one machine the nodes' certbots would meet.
    const own =
      scene.lab.kind === 'loopback'
        ? ['--work-dir', join(letsencrypt, 'work'), '--logs-dir', join(letsencrypt, 'logs')]
        : [];

    const result = await scene.certonly(web1, name, own);

    expect(result.code).toBe(0);
    expect(result.stdout).toContain(`${name}: served by web1, web2, web3, vip`);
    await scene.expectCertificate(web1, name);
    const conf = await web1.readFile(join(letsencrypt, 'renewal', `${name}.conf`));
    expect(conf).toMatch(/^manual_auth_hook = certbot-ha-auth/m);
    expect(conf).toMatch(/^manual_cleanup_hook = certbot-ha-cleanup/m);
    expect(conf).toMatch(/^renew_hook = certbot-ha-deploy/m);
  },
);
