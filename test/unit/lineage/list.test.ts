import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { isManual, readLineageNames } from '../../../lib/lineage/list.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

const confOf = (configDir: string) => join(configDir, 'renewal', 'odd.conf');

describe('whether a lineage is renewed by hooks', () => {
  test('is no where its configuration has gone', async ({ directory }) => {
    expect(await isManual(directory, 'odd')).toBe(false);
  });

  test('cannot be told of a link that leads nowhere', async ({ directory }) => {
    await mkdir(join(directory, 'renewal'));
    await symlink('/nonexistent', confOf(directory));
    await expect(isManual(directory, 'odd')).rejects.toMatchObject({
      findings: [{ code: 'file-missing', file: confOf(directory) }],
    });
  });

  test('cannot be told of a directory in its place', async ({ directory }) => {
    await mkdir(confOf(directory), { recursive: true });
    await expect(isManual(directory, 'odd')).rejects.toMatchObject({
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
