import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordInstalled } from '../../../lib/state/record-installed.ts';
import { createRecords, told } from '../../../lib/state/records.ts';
import { stamped } from '../../../lib/state/stamped.ts';
import { leafIn, makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';

test('a certificate for hundreds of names is recorded whole, and its record is sound', async ({
  ca,
  directory,
}) => {
  const names = Array.from({ length: 300 }, (_, index) => `n${index}.example.test`);
  const bundle = makeBundle(await ca.issue(names), { configDir: directory });
  const records = createRecords(directory, noDamage);
  await recordInstalled(bundle, null, { records, configDir: directory, now: new Date() });
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
  const record = await recordInstalled(bundle, null, { records, configDir: directory, now: new Date() });
  const other = { sha256: 'a'.repeat(64), stamp: '2026-11-24T00:00:00.000Z', notAfter: record.leaf.notAfter };
  const others = Array.from({ length: 1_000 }, () => other);
  await records.writeInstalled({ ...record, others });
  expect((await records.installedOf(NAME))?.others).toHaveLength(30);
  expect(JSON.parse(await readFile(join(directory, 'installed', `${NAME}.json`), 'utf8'))).toMatchObject({
    others,
  });
});

test('what a node had before its first record is old when it comes back', async ({ ca, directory }) => {
  const [first, second, third] = [await ca.issue([NAME]), await ca.issue([NAME]), await ca.issue([NAME])];
  await writeLineage(directory, NAME, [first, second, third]);
  const records = createRecords(directory, noDamage);
  const now = new Date();
  const bundle = makeBundle(third, { configDir: directory, number: 17 });
  const record = await recordInstalled(bundle, now.toISOString(), { records, configDir: directory, now });
  const unset = (issued: Issued) => {
    const { sha256, notBefore, notAfter } = leafIn(issued.certificate);
    return { sha256, stamp: notBefore, isUnset: true, notAfter };
  };
  expect(record).toMatchObject({ number: 17, numberHere: 3, others: [unset(second), unset(first)] });
  expect(await records.installedOf(NAME)).toEqual(record);

  // A backup brings the second back.
  await writeLineage(directory, NAME, [first, second]);
  const known = { own: record, peers: [], now };
  expect(stamped({ ...leafIn(second.certificate), number: 2 }, known)).toMatchObject({
    stamp: leafIn(second.certificate).notBefore,
    isSet: false,
  });
});

test('what certbot issues while it is recorded is not among what was before', async ({ ca, directory }) => {
  const [first, second, third] = [await ca.issue([NAME]), await ca.issue([NAME]), await ca.issue([NAME])];
  await writeLineage(directory, NAME, [first, second, third]);
  const records = createRecords(directory, noDamage);
  const bundle = makeBundle(second, { configDir: directory });
  const record = await recordInstalled(bundle, null, { records, configDir: directory, now: new Date() });
  expect(record).not.toHaveProperty('others');
  expect(record).not.toHaveProperty('numberHere');
});
