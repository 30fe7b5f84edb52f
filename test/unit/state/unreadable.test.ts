import { open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { createOutstanding, type Outstanding } from '../../../lib/state/outstanding.ts';
import { createPendingStore } from '../../../lib/state/pending.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { expect, test } from '../../support/temporary.ts';

/** Root may read anything, and a failing disk is not to be had: every file that is open fails until the end of a test. */
async function failDisk(directory: string): Promise<void> {
  const handle = await open(directory);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const error = Object.assign(new Error('EIO: i/o error, read'), { errno: -5, code: 'EIO' });
  vi.spyOn(prototype, 'read').mockRejectedValue(error);
}

afterEach(() => void vi.restoreAllMocks());

const ID = 'a'.repeat(64);
const DELIVERY: Outstanding = {
  ...{ node: 'web2', lineage: 'www.example.test', id: ID },
  ...{ reason: { code: 'agent-silent' }, since: '2026-11-24T00:00:00.000Z' },
};

test('what is outstanding and cannot be read is never written over', async ({ directory }) => {
  const told: unknown[] = [];
  const list = createOutstanding(directory, ({ why }) => void told.push(why));
  await list.add([DELIVERY]);
  const file = join(directory, 'outstanding.json');
  const before = await readFile(file, 'utf8');
  await failDisk(directory);
  const unreadable = { kind: 'failed', findings: [{ code: 'file-unreadable', file, error: 'EIO' }] };
  for (const change of [
    async () => await list.add([{ ...DELIVERY, node: 'web3' }]),
    async () => await list.done('web3', 'www.example.test', [ID]),
    async () => await list.keep([DELIVERY], { nodes: [], lineages: [], ids: [] }),
  ])
    await expect(change()).rejects.toMatchObject(unreadable);
  expect(await list.list()).toEqual([]);
  expect(told).toContain('cannot be read (EIO)');
  expect(await readFile(file, 'utf8')).toBe(before);
  expect(await readdir(directory)).toEqual(['outstanding.json']);
});

test('a challenge that cannot be read is passed over, and not removed', async ({ directory }) => {
  const told: unknown[] = [];
  const store = createPendingStore(directory, ({ why }) => void told.push(why));
  const run = { id: 'one', process: null };
  await store.record(run, makeChallenge());
  await failDisk(directory);
  expect(await store.batch(run)).toEqual([]);
  expect(told).toEqual(['cannot be read (EIO)']);
  vi.restoreAllMocks();
  expect(await store.batch(run)).toHaveLength(1);
});
