import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { withLock } from '../../../lib/system/lock.ts';
import { expect, test } from '../../support/temporary.ts';

/** As another process holds it. */
async function lockedBy(directory: string, at = new Date()): Promise<string> {
  const locked = join(directory, 'delivery');
  await mkdir(`${locked}.lock`);
  await utimes(`${locked}.lock`, at, at);
  return locked;
}

describe('a lock', () => {
  test('is held by one at a time, and gone at the end', async ({ directory }) => {
    const locked = join(directory, 'delivery');
    let running = 0;
    const most: number[] = [];
    const run = async () => {
      running += 1;
      most.push(running);
      await readdir(directory);
      running -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, async () => await withLock(locked, run)));
    expect(most).toEqual([1, 1, 1, 1, 1]);
    expect(await readdir(directory)).toEqual([]);
  });

  test('that another process keeps is waited for as long as said, and named', async ({ directory }) => {
    const locked = await lockedBy(directory);
    const startedMs = performance.now();
    await expect(withLock(locked, async () => 'ran', { waitMs: 400 })).rejects.toMatchObject({
      kind: 'failed',
      message: `${locked} is locked by another process [lock-held]`,
      hint: expect.stringContaining(`remove ${locked}.lock`),
    });
    expect(performance.now() - startedMs).toBeGreaterThan(150);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test('of a process that died is taken over', async ({ directory }) => {
    const locked = await lockedBy(directory, new Date(Date.now() - 60_000));
    expect(await withLock(locked, async () => 'ran', { waitMs: 400 })).toBe('ran');
  });

  test('is waited for no longer when the signal aborts, and nothing has run', async ({ directory }) => {
    const locked = await lockedBy(directory);
    const signal = AbortSignal.timeout(300);
    const startedMs = performance.now();
    let hasRun = false;
    const waiting = withLock(
      locked,
      async () => {
        hasRun = true;
      },
      { waitMs: 60_000, signal },
    );
    await expect(waiting).rejects.toMatchObject({
      kind: 'failed',
      message: `${locked}: interrupted while another process had it locked [lock-wait-interrupted]`,
    });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(hasRun).toBe(false);
    expect(await readdir(directory)).toEqual(['delivery.lock']);
  });

  test('that is held is kept when the signal aborts', async ({ directory }) => {
    const controller = new AbortController();
    const run = async () => {
      controller.abort();
      return await readdir(directory);
    };
    const { signal } = controller;
    expect(await withLock(join(directory, 'delivery'), run, { signal })).toEqual(['delivery.lock']);
  });

  test('in a place that is none says so at once', async ({ directory }) => {
    await writeFile(join(directory, 'file'), '');
    await expect(withLock(join(directory, 'file', 'delivery'), async () => 'ran')).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });
});
