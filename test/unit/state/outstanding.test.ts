import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createOwed, type Debt } from '../../../lib/state/outstanding.ts';
import { expect, test } from '../../support/temporary.ts';

const ID = 'a'.repeat(64);
const debt = (node: string, lineage = 'www.example.test', more: Partial<Debt> = {}): Debt => ({
  ...{ node, lineage, id: ID, reason: 'connection refused', since: '2026-11-24T00:00:00.000Z' },
  ...more,
});

describe('what is owed', () => {
  test('is nothing where nothing was written down', async ({ directory }) => {
    const owed = createOwed(join(directory, 'state'));
    expect(await owed.list()).toEqual([]);
    await owed.settle('web2', 'www.example.test', [ID]);
    await owed.add([]);
    expect(await owed.list()).toEqual([]);
  });

  test('is kept for the next process, readable for people', async ({ directory }) => {
    await createOwed(directory).add([debt('web2')]);
    expect(await createOwed(directory).list()).toEqual([debt('web2')]);
    expect(await readFile(join(directory, 'owed.json'), 'utf8')).toMatch(/^\[\n {2}\{\n {4}"node": "web2",/);
  });

  test('is one debt a node and lineage: a later one brings its id and reason, and keeps the time of the first', async ({
    directory,
  }) => {
    const owed = createOwed(directory);
    await owed.add([debt('web2'), debt('web3'), debt('web2', 'b.example.test')]);
    const later = { id: 'b'.repeat(64), reason: 'no route to host', since: '2026-11-25T00:00:00.000Z' };
    await owed.add([debt('web2', 'www.example.test', later)]);
    const list = await owed.list();
    expect(list).toHaveLength(3);
    expect(list).toContainEqual({ ...debt('web2'), ...later, since: '2026-11-24T00:00:00.000Z' });
  });

  test('is settled for one node and lineage alone', async ({ directory }) => {
    const owed = createOwed(directory);
    await owed.add([debt('web2'), debt('web3'), debt('web2', 'b.example.test')]);
    await owed.settle('web2', 'www.example.test', [ID]);
    expect(await owed.list()).toEqual([debt('web3'), debt('web2', 'b.example.test')]);
    await owed.settle('web9', 'www.example.test', [ID]);
    expect(await owed.list()).toHaveLength(2);
  });

  test('stays owed when it is another bundle that has arrived', async ({ directory }) => {
    const owed = createOwed(directory);
    await owed.add([debt('web2', 'www.example.test', { id: 'b'.repeat(64) })]);
    await owed.settle('web2', 'www.example.test', [ID]);
    expect(await owed.list()).toHaveLength(1);
    await owed.settle('web2', 'www.example.test', [ID, 'b'.repeat(64)]);
    expect(await owed.list()).toEqual([]);
  });

  test('loses nothing when many add and settle at once', async ({ directory }) => {
    const names = Array.from({ length: 12 }, (_, index) => `web${index}`);
    await createOwed(directory).add([debt('gone')]);
    await Promise.all([
      ...names.map(async (name) => await createOwed(directory).add([debt(name)])),
      createOwed(directory).settle('gone', 'www.example.test', [ID]),
    ]);
    const list = await createOwed(directory).list();
    expect(list.map(({ node }) => node).toSorted()).toEqual(names.toSorted());
    expect(await readdir(directory)).toEqual(['owed.json']);
  });
});
