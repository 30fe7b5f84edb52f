import { X509Certificate } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leafOf } from '../../../lib/lineage/generation.ts';
import { createLeafIndex, keptGenerations } from '../../../lib/lineage/leaf-index.ts';
import { writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';

const leaf = ({ certificate }: Issued) => leafOf(new X509Certificate(certificate));

test('tells the generations of one lineage from those of another of the same name', async ({
  ca,
  directory,
}) => {
  const old = await ca.issue(['a.test']);
  const now = await ca.issue(['a.test']);
  const rsa = await ca.issue(['a.test'], { keyType: 'rsa' });
  const stranger = await ca.issue(['a.test']);
  await writeIssuerTree(directory, [old, now], { lineage: 'a.test' });
  await writeIssuerTree(directory, [rsa], { lineage: 'a.test-rsa' });
  await writeFile(join(directory, 'archive/a.test/cert9.pem'), 'no certificate');
  await mkdir(join(directory, 'archive/a.test/cert8.pem'));
  await writeFile(join(directory, 'renewal/gone.conf'), '');
  const isOfAnother = createLeafIndex(directory);
  for (const one of [old, now]) {
    expect(await isOfAnother(leaf(one), 'a.test')).toBe(false);
    expect(await isOfAnother(leaf(one), 'a.test-rsa')).toBe(true);
  }
  expect(await isOfAnother(leaf(rsa), 'a.test')).toBe(true);
  expect(await isOfAnother(leaf(stranger), 'a.test')).toBe(false);
});

test('knows nothing where there is nothing', async ({ ca, directory }) => {
  expect(await createLeafIndex(join(directory, 'no'))(leaf(await ca.issue(['a.test'])), 'a.test')).toBe(
    false,
  );
});

test('knows a generation of the one that is meant however many have come since', async ({
  ca,
  directory,
}) => {
  const [old, now] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
  await writeIssuerTree(directory, [old, now], { lineage: 'a.test' });
  const archive = join(directory, 'archive/a.test');
  for (let number = 3; number <= 20; number += 1)
    await writeFile(join(archive, `cert${String(number)}.pem`), 'no certificate');
  await rename(join(archive, 'cert2.pem'), join(archive, 'cert21.pem'));
  expect(await keptGenerations(join(directory, 'live/a.test'))).toEqual(
    expect.arrayContaining([leaf(old).sha256, leaf(now).sha256]),
  );
});
