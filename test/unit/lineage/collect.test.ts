import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { checkBundle } from '../../../lib/lineage/check-bundle.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';

const test = base.extend<{ readonly issued: Issued }>({
  issued: async ({ ca }, use) => await use(await ca.issue([NAME])),
});

describe('collecting a bundle', () => {
  const parts = ['renewal/www.example.test.conf', 'live/www.example.test/privkey.pem'] as const;
  test.for(parts)('names %s where it is missing', async (path, { issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    await rm(join(directory, path));
    await expect(collectBundle(directory, NAME, 'web1')).rejects.toMatchObject({
      kind: 'failed',
      message: `${join(directory, path)}: no such file [file-missing]`,
    });
  });

  test('leaves this node’s commands, paths and spelling at home', async ({ issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    const file = join(directory, 'renewal', `${NAME}.conf`);
    const plain = await readFile(file, 'utf8');
    const odd = plain
      .replace(/^archive_dir = .*$/m, '$&-0001')
      .replace('certbot-ha-auth', '/usr/local/bin/certbot-ha-auth --config /srv/ha.yaml')
      .replace('certbot-ha-deploy', 'systemctl reload nginx');
    await writeFile(file, `${odd}pre_hook = /usr/local/bin/ours\n[[webroot_map]]\n`.replaceAll('\n', '\r\n'));
    const bundle = await collectBundle(directory, NAME, 'web1');
    // As an installer of an earlier version takes it: its own commands, with the configuration that is named here.
    expect(bundle.files['renewal.conf']).toBe(
      plain.replaceAll(/(= certbot-ha-\w+)/g, '$1 --config /srv/ha.yaml'),
    );
    expect(await checkBundle(bundle, new Date())).toMatchObject({ data: { version: '2.1.0' } });
  });

  test('does not begin with a lineage of somebody else', async ({ issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    const file = join(directory, 'renewal', `${NAME}.conf`);
    await writeFile(file, (await readFile(file, 'utf8')).replace('certbot-ha-auth', '/etc/dns-auth.py'));
    await expect(collectBundle(directory, NAME, 'web1')).rejects.toThrow(/\[conf-not-ours\]$/);
  });

  test('does not follow an account out of accounts/', async ({ issued, directory }) => {
    const account = '../'.repeat(3);
    await writeIssuerTree(directory, [issued]);
    const file = join(directory, 'renewal', `${NAME}.conf`);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/account = .*/, `account = ${account}`));
    await expect(collectBundle(directory, NAME, 'web1')).rejects.toThrow(/account: expected 32 hexadecimal/);
  });
});
