import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRecords, recordInstalled, told } from '../../../lib/state/records.ts';
import { makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

test('a certificate for hundreds of names is recorded whole, and its record is sound', async ({
  ca,
  directory,
}) => {
  const names = Array.from({ length: 300 }, (_, index) => `n${index}.example.test`);
  const bundle = makeBundle(await ca.issue(names), { configDir: directory });
  const records = createRecords(directory, noDamage);
  await recordInstalled(bundle, null, { records, now: new Date() });
  const record = await records.installedOf(NAME);
  expect(record).toMatchObject({ names });
  // A peer of an earlier version believes none of a list that has one with more.
  expect(record && told(record).names).toEqual(names.slice(0, 200));
});

test('of another node’s other generations no more are kept than a node has itself', async ({
  ca,
  directory,
}) => {
  const bundle = makeBundle(await ca.issue([NAME]), { configDir: directory });
  const records = createRecords(directory, noDamage);
  const record = await recordInstalled(bundle, null, { records, now: new Date() });
  const other = { sha256: 'a'.repeat(64), stamp: '2026-11-24T00:00:00.000Z', notAfter: record.leaf.notAfter };
  const others = Array.from({ length: 1_000 }, () => other);
  await records.writeInstalled({ ...record, others });
  expect((await records.installedOf(NAME))?.others).toHaveLength(30);
  expect(JSON.parse(await readFile(join(directory, 'installed', `${NAME}.json`), 'utf8'))).toMatchObject({
    others,
  });
});
