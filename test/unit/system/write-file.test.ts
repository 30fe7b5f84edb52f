import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { pidNamespace } from '../../../lib/system/processes.ts';
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
    const namespace = Number(pidNamespace()).toString(16);
    const named = (pid: number, of: string) => `a.json.${pid}-${of}-01b63eae${TEMPORARY}`;
    const [dead, alive] = [named(4_194_999, namespace), named(process.pid, namespace)];
    // Of a container's program, and as earlier versions named them.
    const unknown = [named(4_194_999, '1'), `b.json.4194999-01b63eae${TEMPORARY}`, `c.json${TEMPORARY}`];
    for (const name of [dead, alive, ...unknown, 'd.json']) await writeFile(join(directory, name), '');
    await removeOrphans(directory);
    expect((await readdir(directory)).toSorted()).toEqual([alive, ...unknown, 'd.json'].toSorted());
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const name of unknown) await utimes(join(directory, name), longAgo, longAgo);
    await removeOrphans(directory);
    expect((await readdir(directory)).toSorted()).toEqual([alive, 'd.json'].toSorted());
  });
});
