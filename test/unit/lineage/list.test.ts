import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { isOurs, listOurs, readLineageNames } from '../../../lib/lineage/list.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { renewalConf } from '../../support/lineage/renewal-conf.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

const confOf = (configDir: string) => join(configDir, 'renewal', 'odd.conf');

describe('whether a lineage is renewed by our hooks', () => {
  test('is no where its configuration has gone', async ({ directory }) => {
    expect(await isOurs(directory, 'odd')).toBe(false);
  });

  test('is told by its configuration', async ({ ca, directory }) => {
    await writeIssuerTree(directory, [await ca.issue([NAME])]);
    expect(await isOurs(directory, NAME)).toBe(true);
    const conf = renewalConf({
      configDir: directory,
      lineage: 'odd',
      params: ['manual_auth_hook = /etc/dns.py'],
    });
    await writeFile(confOf(directory), conf);
    expect(await isOurs(directory, 'odd')).toBe(false);
    expect(await listOurs(directory)).toEqual([NAME]);
  });

  test('is told of a hook’s file by what lies beside it', async ({ directory }) => {
    await mkdir(join(directory, 'renewal'));
    await mkdir(join(directory, 'x/hooks'), { recursive: true });
    const file = join(directory, 'x/hooks/auth.js');
    const params = [`manual_auth_hook = ${file}`];
    await writeFile(confOf(directory), renewalConf({ configDir: directory, lineage: 'odd', params }));
    expect(await isOurs(directory, 'odd')).toBe(true);
    await writeFile(file, '');
    expect(await isOurs(directory, 'odd')).toBe(false);
    await writeFile(join(directory, 'x/cli.js'), '');
    expect(await isOurs(directory, 'odd')).toBe(true);
  });

  test('cannot be told of an empty configuration', async ({ directory }) => {
    await mkdir(join(directory, 'renewal'));
    await writeFile(confOf(directory), '');
    await expect(isOurs(directory, 'odd')).rejects.toMatchObject({
      findings: [{ code: 'conf-without-authenticator', file: confOf(directory) }],
    });
    expect(await listOurs(directory)).toEqual(['odd']);
  });

  test('cannot be told of a link that leads nowhere', async ({ directory }) => {
    await mkdir(join(directory, 'renewal'));
    await symlink('/nonexistent', confOf(directory));
    await expect(isOurs(directory, 'odd')).rejects.toMatchObject({
      findings: [{ code: 'file-missing', file: confOf(directory) }],
    });
  });

  test('cannot be told of a directory in its place', async ({ directory }) => {
    await mkdir(confOf(directory), { recursive: true });
    await expect(isOurs(directory, 'odd')).rejects.toMatchObject({
      kind: 'failed',
      findings: [{ code: 'file-unreadable', file: confOf(directory), error: 'EISDIR' }],
    });
  });
});

test.for([
  ['damaged', async (file: string) => await writeFile(file, '-----BEGIN CERTIFICATE-----\nAAAA\n')],
  ['a link that leads nowhere', async (file: string) => await symlink('/nonexistent', file)],
  ['a directory', async (file: string) => await mkdir(file)],
] as const)(
  'a lineage whose certificate is %s has no names, and the others have theirs',
  async ([, put], { ca, directory }) => {
    const issued = await ca.issue([NAME]);
    await writeIssuerTree(directory, [issued]);
    const live = await writeIssuerTree(directory, [issued], { lineage: 'odd' });
    await rm(join(live, 'cert.pem'));
    await put(join(live, 'cert.pem'));
    expect(await readLineageNames(directory)).toEqual([NAME]);
  },
);

test('the names of a lineage are told apart by the challenge that proves them', async ({ ca, directory }) => {
  await writeIssuerTree(directory, [await ca.issue([NAME, `*.${NAME}`])]);
  expect(await readLineageNames(directory)).toEqual([NAME]);
  expect(await readLineageNames(directory, 'dns-01')).toEqual([]);
  const file = join(directory, 'renewal', `${NAME}.conf`);
  await writeFile(file, (await readFile(file, 'utf8')).replace('http-01,', 'dns-01,'));
  expect(await readLineageNames(directory)).toEqual([]);
  expect(await readLineageNames(directory, 'dns-01')).toEqual([NAME, `*.${NAME}`]);
  await writeFile(file, (await readFile(file, 'utf8')).replace('dns-01,', 'http-01, dns-01'));
  expect(await readLineageNames(directory)).toEqual([NAME]);
  expect(await readLineageNames(directory, 'dns-01')).toEqual([`*.${NAME}`]);
});
