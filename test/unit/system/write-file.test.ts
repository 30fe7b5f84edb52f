import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { removeOrphans, TEMPORARY, writeNew, writeWhole } from '../../../lib/system/write-file.ts';
import { expect, test } from '../../support/temporary.ts';

const PLAIN = { mode: 0o640, gid: null };

describe('a file', () => {
  test('that is new is never written over one that is there', async ({ directory }) => {
    const file = join(directory, 'cert1.pem');
    await writeNew(file, 'first', PLAIN);
    await expect(writeNew(file, 'second', PLAIN)).rejects.toThrow(/has been written by another program/);
    expect(await readFile(file, 'utf8')).toBe('first');
    expect(await readdir(directory)).toEqual(['cert1.pem']);
  });

  test('that is shared may be written by several at once, and leaves nothing beside it', async ({
    directory,
  }) => {
    const file = join(directory, 'record.json');
    await writeWhole(file, 'old', { ...PLAIN, isShared: true });
    await writeWhole(file, 'new', { ...PLAIN, isShared: true });
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(directory)).toEqual(['record.json']);
  });

  test('may have a name as long as the longest lineage', async ({ directory }) => {
    const file = join(directory, `${'n'.repeat(200)}.json`);
    await writeWhole(file, 'new', { ...PLAIN, isShared: true });
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  test('that a killed program left half-written is taken away, that of a running one stays', async ({
    directory,
  }) => {
    const [dead, alive] = [`a.json.4194999${TEMPORARY}`, `b.json.${process.pid}${TEMPORARY}`];
    for (const name of [dead, alive, 'c.json']) await writeFile(join(directory, name), '');
    await removeOrphans(directory);
    expect((await readdir(directory)).toSorted()).toEqual([alive, 'c.json']);
  });
});
