import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { recordCurrent } from '../../../lib/rollout/record-current.ts';
import { layoutOf } from '../../../lib/state/layout.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { withLock } from '../../../lib/system/lock.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';

function nodeIn(directory: string) {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  const records = createRecords(stateDir, noDamage);
  const options = { config: { stateDir, certificates: { configDir } }, records, views: [] };
  return { stateDir, configDir, records, options };
}

test('what an installer puts in place meanwhile is not recorded over', async ({ ca, directory }) => {
  const [mine, theirs] = [await ca.issue([NAME]), await ca.issue([NAME])];
  const { stateDir, configDir, records, options } = nodeIn(directory);
  await writeIssuerTree(configDir, [mine]);
  const bundle = await collectBundle(configDir, NAME, 'web1');
  const { journal } = layoutOf(stateDir);
  await mkdir(journal, { recursive: true });
  let recording: Promise<unknown> = Promise.resolve();
  await withLock(journal, async () => {
    recording = recordCurrent(bundle, { ...options, isIssued: true }).catch((error: unknown) => error);
    await writeLineage(configDir, NAME, [mine, theirs]);
  });
  expect(await recording).toMatchObject({
    findings: [{ code: 'renewed-meanwhile', directory: join(configDir, 'live', NAME) }],
  });
  expect(await records.installedOf(NAME)).toBeNull();
});

test('a sync that finds a generation before its deploy hook runs costs it no stamp', async ({
  ca,
  directory,
}) => {
  const { stateDir, configDir, options } = nodeIn(directory);
  await writeIssuerTree(configDir, [await ca.issue([NAME])]);
  const bundle = await collectBundle(configDir, NAME, 'web1');
  expect(await recordCurrent(bundle, { ...options, isIssued: false })).not.toHaveProperty('stamp');
  const { stamp = '' } = await recordCurrent(bundle, { ...options, isIssued: true });
  expect(Math.abs(Date.now() - Date.parse(stamp))).toBeLessThan(60_000);
  // Once it has one, it keeps it; and what is written down already needs no lock.
  await withLock(layoutOf(stateDir).journal, async () => {
    expect(await recordCurrent(bundle, { ...options, isIssued: true })).toMatchObject({ stamp });
  });
});

test('what has come from another node without a stamp gets none by a deploy hook', async ({
  ca,
  directory,
}) => {
  const { configDir, options } = nodeIn(directory);
  await writeIssuerTree(configDir, [await ca.issue([NAME])]);
  const theirs = await collectBundle(configDir, NAME, 'web2');
  await recordCurrent(theirs, { ...options, isIssued: false });
  const bundle = await collectBundle(configDir, NAME, 'web1');
  expect(await recordCurrent(bundle, { ...options, isIssued: true })).not.toHaveProperty('stamp');
});
