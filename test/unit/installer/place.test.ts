import { chmod, chown, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeGeneration } from '../../../lib/installer/place.ts';
import { placeHere } from '../../../lib/installer/generations.ts';
import { makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

const modeOf = async (file: string) => ((await stat(file)).mode & 0o7777).toString(8);

test.for([
  [0o600, '600'],
  [0o640, '640'],
  [0o644, '644'],
  [0o400, '600'],
  // What certbot's own rule takes over: the group's rights, and others' reading.
  [0o677, '674'],
  [0o4777, '674'],
] as const)(
  'after a key of mode %o, also behind a link, the new one has %s',
  async ([before, after], { ca, directory }) => {
    const issued = await ca.issue([NAME]);
    await writeIssuerTree(directory, [issued, issued]);
    const archive = join(directory, 'archive', NAME);
    await chmod(join(archive, 'privkey1.pem'), before);
    await rm(join(archive, 'privkey2.pem'));
    await symlink('privkey1.pem', join(archive, 'privkey2.pem'));
    const place = await placeHere(directory, NAME);
    await writeGeneration(place, makeBundle(issued, { configDir: directory }), 3);
    expect(await modeOf(join(archive, 'privkey3.pem'))).toBe(after);
    expect(await modeOf(join(archive, 'cert3.pem'))).toBe('644');
  },
);

test('a part is no more open than the one before, and of its group, while the first of its kind is for all', async ({
  ca,
  directory,
}) => {
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(directory, [issued]);
  const archive = join(directory, 'archive', NAME);
  await chmod(join(archive, 'cert1.pem'), 0o640);
  await chmod(join(archive, 'fullchain1.pem'), 0o600);
  await rm(join(archive, 'chain1.pem'));
  const group = process.getuid?.() === 0 ? 12345 : (process.getgid?.() ?? 0);
  await chown(join(archive, 'cert1.pem'), -1, group);
  const place = await placeHere(directory, NAME);
  await writeGeneration(place, makeBundle(issued, { configDir: directory }), 2);
  const modes = ['cert2.pem', 'fullchain2.pem', 'chain2.pem'].map(async (name) =>
    modeOf(join(archive, name)),
  );
  expect(await Promise.all(modes)).toEqual(['640', '600', '644']);
  expect((await stat(join(archive, 'cert2.pem'))).gid).toBe(group);
});

test('the key of a first generation is for its owner alone, and its certificates are for all', async ({
  ca,
  directory,
}) => {
  const bundle = makeBundle(await ca.issue([NAME]), { configDir: directory });
  await writeGeneration(await placeHere(directory, NAME), bundle, 1);
  const modes = ['privkey1.pem', 'cert1.pem', 'chain1.pem', 'fullchain1.pem'].map(async (name) =>
    modeOf(join(directory, 'archive', NAME, name)),
  );
  expect(await Promise.all(modes)).toEqual(['600', '644', '644', '644']);
});
