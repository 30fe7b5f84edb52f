import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe } from 'vitest';
import { readJsonFile, valueIn, writeJsonFile } from '../../../lib/state/json-file.ts';
import { DAMAGES, damage, makeUnreadable } from '../../support/damage.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const schema = v.object({ name: v.string() });
const VALUE = { name: 'one' };

describe('a JSON file', () => {
  test('that is absent is none, nor is it damaged', async ({ directory }) => {
    expect(await readJsonFile(join(directory, 'x.json'), schema)).toEqual({ state: 'absent' });
    expect(await valueIn(join(directory, 'none', 'x.json'), schema, noDamage)).toBeNull();
  });

  test('is read as it was written, without what nobody knows', async ({ directory }) => {
    const file = join(directory, 'x.json');
    await writeJsonFile(file, { ...VALUE, more: 1 }, { mode: 0o640 }, join(directory, 'backup'));
    expect(await valueIn(file, schema, noDamage)).toEqual(VALUE);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readdir(directory)).toEqual(['x.json']);
  });

  test.for(DAMAGES)('that is %s is damaged: %s', async ([, why, put], { directory }) => {
    const file = join(directory, 'x.json');
    await damage(file, put);
    const reading = await readJsonFile(file, schema);
    expect(reading).toEqual({ state: 'damaged', damage: { file, why: expect.stringContaining(why) } });
    const told: unknown[] = [];
    expect(await valueIn(file, schema, (one) => void told.push(one))).toBeNull();
    expect(told).toHaveLength(1);
  });

  test.for(DAMAGES)('is written in place of %s', async ([, , put], { directory }) => {
    const file = join(directory, 'x.json');
    await damage(file, put);
    await writeJsonFile(file, VALUE, { mode: 0o600 }, join(directory, 'backup'));
    expect(await valueIn(file, schema, noDamage)).toEqual(VALUE);
    const beside = await readdir(directory);
    expect(beside.filter((name) => name !== 'backup')).toEqual(['x.json']);
  });

  test('that is a directory is moved to the backups, not removed', async ({ directory }) => {
    const file = join(directory, 'x.json');
    await damage(file, async (path) => await makeDirectory(path));
    await writeJsonFile(file, VALUE, { mode: 0o600 }, join(directory, 'backup'));
    expect(await readdir(join(directory, 'backup'))).toEqual([expect.stringMatching(/^refused-x\.json-/)]);
  });

  test.skipIf(process.getuid?.() === 0)('that may not be read is damaged', async ({ directory }) => {
    const file = join(directory, 'x.json');
    await makeUnreadable(file);
    expect(await readJsonFile(file, schema)).toMatchObject({ damage: { why: 'cannot be read (EACCES)' } });
  });

  test('that is too large is not read', async ({ directory }) => {
    const file = join(directory, 'x.json');
    await writeFile(file, Buffer.alloc(16_777_217, ' '));
    expect(await readJsonFile(file, schema)).toMatchObject({ damage: { why: 'more than 16777216 bytes' } });
  });
});

async function makeDirectory(path: string): Promise<void> {
  await DAMAGES.find(([name]) => name === 'a directory')?.[2](path);
}
