// @module-tag core
import { join } from 'node:path';
import { expect } from 'vitest';
import { threeNodes } from '../support/e2e-cluster.ts';
import {
  expectSuccess,
  issue,
  issued,
  leafOf,
  namesFor,
  renew,
  expectCertificate,
} from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test('certbot renew uses the hooks that certonly was given, wherever the VIP is', async ({ lab }) => {
  const [web1, web2] = await threeNodes(lab);
  const [name = ''] = namesFor('renewed');
  await issued(lab, web1, [name]);
  const first = await leafOf(web1, name);
  await lab.moveVip(web2);

  const result = await renew(lab, web1, { name, hooks: 1 });

  expectSuccess(result);
  expect(result.stdout).toContain(`${name}: served by web1, web2, web3, vip`);
  const second = await expectCertificate(web1, [name]);
  expect(second.serialNumber).not.toBe(first.serialNumber);
});

test('certbot renew renews several lineages in one process, each with its own batch', async ({ lab }) => {
  const [web1] = await threeNodes(lab);
  const configDir = join(web1.paths.stateDir, 'test-config-several');
  const lineages = [namesFor('first', 2), namesFor('second', 2)];
  for (const names of lineages) await issued(lab, web1, names, { configDir });
  const result = await renew(lab, web1, { configDir, hooks: 4 });
  expectSuccess(result);
  expect(result.stdout.match(/2 challenges: served by web1, web2, web3, vip/g)).toHaveLength(2);
});

test('certbot --dry-run runs the hooks and leaves no certificate', async ({ lab }) => {
  const [web1] = await threeNodes(lab);
  const [name = ''] = namesFor('dry');
  const result = await issue(lab, web1, [name], { args: ['--dry-run'] });
  expectSuccess(result);
  expect(result.stdout).toContain(`${name}: served by web1, web2, web3, vip`);
  expect(result.stdout).toContain('The dry run was successful.');
  await expect(leafOf(web1, name)).rejects.toThrow(/no such file/i);
});

test('certbot-ha certonly gets a certificate and leaves the hooks in its renewal configuration', async ({
  lab,
}) => {
  const [web1] = await threeNodes(lab);
  const [name = ''] = namesFor('certonly');
  const { letsencrypt } = web1.paths;
  const own = ['--work-dir', join(letsencrypt, 'work'), '--logs-dir', join(letsencrypt, 'logs')];
  const certbot = [
    '--server',
    lab.directoryUrl,
    '--no-verify-ssl',
    '--agree-tos',
    '-m',
    'a@example.test',
    '-n',
    ...own,
  ];

  const result = await web1.run(['certbot-ha', 'certonly', '-d', name, ...certbot]);

  expect(result.code).toBe(0);
  expect(result.stdout).toContain(`${name}: served by web1, web2, web3, vip`);
  await expectCertificate(web1, [name]);
  const conf = await web1.readFile(join(letsencrypt, 'renewal', `${name}.conf`));
  expect(conf).toMatch(/^manual_auth_hook = certbot-ha-auth/m);
  expect(conf).toMatch(/^manual_cleanup_hook = certbot-ha-cleanup/m);
  expect(conf).toMatch(/^renew_hook = certbot-ha-deploy/m);
});
