import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What may lie in the place of a JSON file of state, with what is said of it. */
export const DAMAGES = [
  ['an empty file', 'empty', async (file: string) => await writeFile(file, '')],
  ['one of blanks', 'empty', async (file: string) => await writeFile(file, ' \n')],
  [
    'one that is cut off',
    'not JSON, or cut off',
    async (file: string) => await writeFile(file, '{"lineage": "www'),
  ],
  [
    'one that is not JSON',
    'not JSON, or cut off',
    async (file: string) => await writeFile(file, 'lineage: www\n'),
  ],
  [
    'a binary one',
    'not JSON, or cut off',
    async (file: string) => await writeFile(file, Buffer.from([0x1f, 0x8b, 0x08, 0, 0xff, 0xfe])),
  ],
  ['one of another shape', 'not as it should be: ', async (file: string) => await writeFile(file, '"text"')],
  [
    'a directory',
    'a directory, expected a file',
    async (file: string) => await mkdir(`${file}/below`, { recursive: true }),
  ],
  ['a link', 'a link, expected a file', async (file: string) => await symlink('/etc/hostname', file)],
] as const;

/** Puts one of them in a file's place. */
export async function damage(file: string, put: (file: string) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { recursive: true, force: true });
  await put(file);
}

/** A file that its user may not read; root may read anything. */
export async function makeUnreadable(file: string): Promise<void> {
  await writeFile(file, '{}');
  await chmod(file, 0);
}
