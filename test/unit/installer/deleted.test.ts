import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { OK } from '../../../lib/base/outcome.ts';
import { idOfParcel } from '../../../lib/lineage/deletion.ts';
import { goneHere, isGoneByHand } from '../../../lib/lineage/by-hand.ts';
import { inboxInProcess } from '../../support/installer/inbox-in-process.ts';
import { inProcess } from '../../support/installer/in-process.ts';
import { leafIn, makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';

const OTHER = 'b.example.test';
const LATER = 'd.example.test';

const recordOf = (lineage: string, { certificate }: Issued) => ({
  ...{ lineage, leaf: leafIn(certificate), number: 1, names: [lineage], from: 'web2' },
  installedAt: '2026-11-24T00:00:00.000Z',
});

/** As a host whose disk was lost has it once one lineage has come. */
async function writeLater(configDir: string, numbers: readonly number[]): Promise<void> {
  for (const part of [`live/${LATER}`, `archive/${LATER}`, 'renewal'])
    await mkdir(join(configDir, part), { recursive: true });
  await writeFile(join(configDir, 'renewal', `${LATER}.conf`), '');
  for (const number of numbers) await writeFile(join(configDir, 'archive', LATER, `cert${number}.pem`), '');
}

describe('a node that has lost all of certbot’s directory', () => {
  test('takes each lineage again after the first has come', async ({ ca, directory }) => {
    const { configDir, state, install } = inProcess(directory);
    const issued = await ca.issue([NAME]);
    for (const name of [NAME, OTHER, LATER]) await state.records.writeInstalled(recordOf(name, issued));
    await writeLater(configDir, [7]);
    expect(await goneHere(configDir, await state.records.installed(), false)).toMatchObject({
      byHand: [],
      lost: expect.arrayContaining([NAME, OTHER]) as unknown,
    });
    expect(await install(makeBundle(issued, { configDir, number: 2 }))).toMatchObject({ state: 'installed' });
    // The last one is alone, and not deleted by hand either.
    expect(await state.records.installedOf(OTHER)).toBeNull();
    expect(await state.records.installedOf(LATER)).not.toBeNull();
  });

  test('is none where one that was renewed here is left, or the directory leads nowhere', async ({
    ca,
    directory,
  }) => {
    const { configDir, state, install } = inProcess(directory);
    const issued = await ca.issue([NAME]);
    for (const name of [NAME, OTHER, LATER]) await state.records.writeInstalled(recordOf(name, issued));
    await writeLater(configDir, [1, 2]);
    expect(await install(makeBundle(issued, { configDir, number: 2 }))).toMatchObject({
      state: 'failed',
      findings: [{ code: 'deleted-by-hand', lineage: NAME }],
    });
    const live = join(configDir, 'live');
    await rename(live, `${live}-away`);
    await symlink('/nonexistent/live', live);
    expect(await isGoneByHand(configDir, NAME)).toBe(false);
  });

  test('is none where one lineage alone is gone, or was told of before', async ({ ca, directory }) => {
    const { configDir } = inProcess(directory);
    const issued = await ca.issue([NAME]);
    await writeIssuerTree(configDir, [issued]);
    const [here, gone, other] = [NAME, OTHER, LATER].map((name) => recordOf(name, issued));
    if (!here || !gone || !other) throw new Error('three');
    expect(await goneHere(configDir, [here, gone], false)).toEqual({ byHand: [OTHER], lost: [] });
    const told = { ...other, goneSince: '2026-11-24T00:00:00.000Z' };
    expect(await goneHere(configDir, [here, gone, told], false)).toEqual({
      byHand: [OTHER, LATER],
      lost: [],
    });
  });
});

test('all records are read once for all that have come together', async ({ ca, directory }) => {
  const { configDir, state, options, deliver, install } = await inboxInProcess(directory, async () => OK);
  const bundles = [];
  for (const lineage of [NAME, OTHER, LATER])
    bundles.push(makeBundle(await ca.issue([lineage]), { configDir, lineage }));
  let reads = 0;
  const installed = async () => {
    reads += 1;
    return await state.records.installed();
  };
  for (const expected of ['installed', 'unchanged']) {
    for (const bundle of bundles) await deliver(bundle);
    await install({ ...options, state: { ...state, records: { ...state.records, installed } } });
    const results = bundles.map(async (bundle) => await state.results.of(idOfParcel(bundle)));
    expect((await Promise.all(results)).map((result) => result?.state)).toEqual(Array(3).fill(expected));
  }
  // Once for what is gone, and once for the first list of what is here, however many come.
  expect(reads).toBe(2);
});
