import { wordsOf } from '../../../lib/findings/words.ts';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { currentNumber, isOf, placeOf, strangeIn, type Place } from '../../../lib/installer/generations.ts';
import { numberFor } from '../../../lib/installer/place.ts';
import { removeFirst } from '../../../lib/installer/switch.ts';
import { leafIn, makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

const test = base.extend<{ readonly issued: readonly [Issued, Issued, Issued]; readonly place: Place }>({
  issued: async ({ ca }, use) =>
    await use([await ca.issue([NAME]), await ca.issue([NAME]), await ca.issue([NAME])]),
  place: async ({ directory }, use) => await use(placeOf(directory, NAME)),
});
const inArchive = async (directory: string) => (await readdir(join(directory, 'archive', NAME))).toSorted();
const kinds = ['cert', 'chain', 'fullchain', 'privkey'];
const filesOf = (number: number) => kinds.map((kind) => `${kind}${number}.pem`);

describe('the place of a generation', () => {
  // There are two generations, 1 and 2, and live shows 2; the bundle may be the last, or a new one.
  const table = [
    ['a new one with the next number', 'new', 3, 3],
    ['a new one with a number further on', 'new', 9, 9],
    ['a new one with a number that no certbot comes to', 'new', 1_000_000, 3],
    ['a new one with the number of the last', 'new', 2, 3],
    ['a new one with a number before', 'new', 1, 3],
    ['the last one under its number', 'last', 2, 2],
    ['the last one under another number', 'last', 1, 2],
  ] as const;
  test.for(table)('is right for %s', async ([, which, number, expected], { directory, issued, place }) => {
    const [first, last, fresh] = issued;
    await writeLineage(directory, NAME, [first, last]);
    const bundle = makeBundle(which === 'new' ? fresh : last, { configDir: directory, number });
    expect(await numberFor(place, bundle)).toBe(expected);
  });

  test('is its own where nothing is', async ({ directory, issued, place }) => {
    expect(await numberFor(place, makeBundle(issued[0], { configDir: directory, number: 7 }))).toBe(7);
  });

  test('is none that half of another one has, which certbot may be writing', async ({
    directory,
    issued,
    place,
  }) => {
    await writeLineage(directory, NAME, [issued[0]]);
    await writeFile(join(directory, 'archive', NAME, 'privkey2.pem'), 'half');
    expect(await numberFor(place, makeBundle(issued[1], { configDir: directory, number: 2 }))).toBe(3);
    expect(await inArchive(directory)).toEqual([...filesOf(1), 'privkey2.pem'].toSorted());
  });

  test('is that of a bundle by its leaf', async ({ directory, issued, place }) => {
    await writeLineage(directory, NAME, [issued[0]]);
    const { sha256 } = leafIn(issued[0].certificate);
    expect(await isOf(place, 1, sha256)).toBe(true);
    expect(await isOf(place, 1, leafIn(issued[1].certificate).sha256)).toBe(false);
    expect(await isOf(place, 2, sha256)).toBe(true);
    await writeFile(join(directory, 'archive', NAME, 'cert2.pem'), 'half');
    expect(await isOf(place, 2, sha256)).toBe(false);
  });
});

describe('an archive', () => {
  test('takes a first generation away twice, and what is not of it stays', async ({
    directory,
    issued,
    place,
  }) => {
    await writeLineage(directory, NAME, [issued[0]]);
    await writeFile(join(directory, 'archive', NAME, 'cert9.pem'), 'another');
    for (let time = 0; time < 2; time += 1) await removeFirst(place, 1);
    expect([await currentNumber(place), await inArchive(directory)]).toEqual([null, ['cert9.pem']]);
    await rm(join(directory, 'archive', NAME, 'cert9.pem'));
    for (let time = 0; time < 2; time += 1) await removeFirst(place, 1);
    expect(await readdir(join(directory, 'archive'))).toEqual([]);
  });

  test('finds nothing strange in what certbot has made, nor where nothing is', async ({
    directory,
    issued,
    place,
  }) => {
    expect(await strangeIn(place)).toEqual([]);
    await writeLineage(directory, NAME, [issued[0]]);
    expect(await strangeIn(place)).toEqual([]);
  });

  test.for([
    ['the archive of another lineage', '../../archive/other/privkey1.pem'],
    ['another file of its own archive', `../../archive/${NAME}/cert1.pem`],
    ['a file outside', '/root/key.pem'],
  ] as const)('takes a link to %s for strange', async ([, target], { directory, issued, place }) => {
    const live = await writeLineage(directory, NAME, [issued[0]]);
    await rm(join(live, 'privkey.pem'));
    await symlink(target, join(live, 'privkey.pem'));
    expect((await strangeIn(place)).map(wordsOf)).toEqual([
      expect.stringMatching(/privkey\.pem: a link to .*, expected one into /),
    ]);
  });

  test('takes a file in live for strange', async ({ directory, place }) => {
    await mkdir(join(directory, 'live', NAME), { recursive: true });
    await writeFile(join(directory, 'live', NAME, 'cert.pem'), 'copied');
    expect((await strangeIn(place)).map(wordsOf)).toEqual([
      expect.stringMatching(/cert\.pem: expected a link into archive\/, .*; got a file$/),
    ]);
  });
});
