import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSilentNodes } from '../../../lib/state/silent-nodes.ts';
import { expect, test } from '../../support/temporary.ts';

const ADDRESS = '192.0.2.1';

async function seen(directory: string, isSilent: boolean): Promise<void> {
  const nodes = createSilentNodes(directory);
  nodes.saw(ADDRESS, isSilent);
  await nodes.save();
}
const isKnown = async (directory: string) => (await createSilentNodes(directory).silentAt(ADDRESS)) !== null;

test('a node where nothing answered is known to the next program, until something does', async ({
  directory,
}) => {
  expect(await isKnown(directory)).toBe(false);
  await seen(directory, true);
  expect(await isKnown(directory)).toBe(true);
  expect(await createSilentNodes(directory).silentAt('192.0.2.2')).toBeNull();
  await seen(directory, false);
  expect(await isKnown(directory)).toBe(false);
});

test.for([
  ['after ten minutes', -601_000],
  ['when the clock has been put back', 60_000],
] as const)('it is not any more %s', async ([, differenceMs], { directory }) => {
  await writeFile(join(directory, 'silent.json'), JSON.stringify({ [ADDRESS]: Date.now() + differenceMs }));
  expect(await isKnown(directory)).toBe(false);
});

test('a damaged file counts as none, and where it cannot be written nothing fails', async ({ directory }) => {
  await writeFile(join(directory, 'silent.json'), '{"192');
  expect(await isKnown(directory)).toBe(false);
  await seen(directory, true);
  expect(await isKnown(directory)).toBe(true);
  await seen(join(directory, 'silent.json'), true);
});

test('a node that answers as it always has is nothing to write down', async ({ directory }) => {
  await seen(directory, false);
  await expect(readFile(join(directory, 'silent.json'))).rejects.toThrow('ENOENT');
});

test('several stores that save at once take nothing from each other', async ({ directory }) => {
  const addresses = Array.from({ length: 3 }, (_, index) => `192.0.2.${index + 1}`);
  const stores = addresses.map((address) => {
    const store = createSilentNodes(directory);
    store.saw(address, true);
    return store;
  });
  await Promise.all(stores.map(async (store) => await store.save()));
  const known = createSilentNodes(directory);
  expect(await Promise.all(addresses.map(async (address) => await known.silentAt(address)))).not.toContain(
    null,
  );
});
