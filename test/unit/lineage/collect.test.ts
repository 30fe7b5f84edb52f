import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { checkBundle } from '../../../lib/lineage/check-bundle.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';

const COMMANDS = new Set(['certbot-ha-auth', 'certbot-ha-cleanup', 'certbot-ha-deploy']);

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

  test('takes the commands of this node for its own affair', async ({ issued, directory }) => {
    await writeIssuerTree(directory, [issued]);
    const file = join(directory, 'renewal', `${NAME}.conf`);
    await writeFile(file, `${await readFile(file, 'utf8')}pre_hook = /usr/local/bin/ours\n`);
    const bundle = await collectBundle(directory, NAME, 'web1');
    expect(bundle.files['renewal.conf']).toContain('pre_hook = /usr/local/bin/ours');
    const checked = await checkBundle(
      bundle,
      { configDir: directory, hookCommands: COMMANDS, installed: null },
      new Date(),
    );
    expect(checked).toMatchObject({ problems: [{ code: 'conf-foreign-command', key: 'pre_hook' }] });
  });

  test('does not follow an account out of accounts/', async ({ issued, directory }) => {
    const account = '../'.repeat(3);
    await writeIssuerTree(directory, [issued]);
    const file = join(directory, 'renewal', `${NAME}.conf`);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/account = .*/, `account = ${account}`));
    await expect(collectBundle(directory, NAME, 'web1')).rejects.toThrow(/account: expected 32 hexadecimal/);
  });
});
