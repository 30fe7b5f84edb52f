// @module-tag slow
import { lstat, mkdir, readdir, readlink, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tryDeliveryLock } from '../../../lib/rollout/lock.ts';
import { removeDead, withLock } from '../../../lib/system/lock.ts';
import { lockFilesOf } from '../../../lib/system/lock-files.ts';
import { exists } from '../../../lib/system/read-file.ts';
import { ownName } from '../../../lib/system/lock-holder.ts';
import { findProcess } from '../../../lib/system/processes.ts';
import { start } from '../../support/programs/program.ts';
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

  test('that was lost leaves nothing by which this process would be taken for its holder', async ({
    directory,
  }) => {
    const locked = join(directory, 'delivery');
    const lost = withLock(locked, async () => {
      // As somebody who has removed it by hand, and another who has it since.
      await rename(`${locked}.lock`, join(directory, 'aside'));
      await mkdir(`${locked}.lock`);
      await setTimeout(2_000);
      for (const name of await readdir(join(directory, 'aside')))
        await rename(join(directory, 'aside', name), join(`${locked}.lock`, name));
      return 'done';
    });
    await expect(lost).rejects.toThrow('[lock-lost]');
    expect(await readdir(directory)).toEqual(['aside']);
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

test.for([
  ['a file', async (place: string) => await writeFile(place, '')],
  ['a link to nothing', async (place: string) => await symlink('/nowhere/at/all', place)],
  ['a link to itself', async (place: string) => await symlink(place, place)],
  ['a link to a directory', async (place: string) => await symlink('/tmp', place)],
  [
    'a directory of somebody else',
    async (place: string) => {
      await mkdir(join(place, 'theirs'), { recursive: true });
      await utimes(place, 0, 0);
    },
  ],
] as const)('%s in the place of a lock is not waited for, and stays', async ([, put], { directory }) => {
  const place = join(directory, 'delivery.lock');
  await put(place);
  const run = withLock(join(directory, 'delivery'), async () => 'ran', {
    signal: AbortSignal.timeout(5_000),
  });
  await expect(run).rejects.toMatchObject({ findings: [{ code: 'no-lock', place }] });
  expect(await lstat(place)).toBeTruthy();
});

const HOUR_MS = 3_600_000;

/** Another process holds it, and has set its time by its clock. */
async function heldByAnother(directory: string, clockMs: number) {
  const locked = join(directory, 'delivery');
  const lock = `${locked}.lock`;
  const program = start(['sleep', '60']);
  onTestFinished(async () => await program.kill());
  const namespace = /\d+/.exec(await readlink('/proc/self/ns/pid'))?.[0];
  await mkdir(lock);
  await writeFile(join(lock, `${program.pid}-${findProcess(program.pid)?.startTime}-x-${namespace}-1`), '');
  const at = new Date(Date.now() + clockMs);
  await utimes(lock, at, at);
  return { locked, lock, program };
}

describe.for([
  ['an hour back', -HOUR_MS],
  ['a minute back', -60_000],
  ['a minute forward', 60_000],
  ['an hour forward', HOUR_MS],
] as const)('when the clock goes %s, a lock', ([, stepMs]) => {
  test('that a living process holds is not taken over', async ({ directory }) => {
    const { locked, lock } = await heldByAnother(directory, -stepMs);
    await expect(withLock(locked, async () => 'ran', { waitMs: 300 })).rejects.toMatchObject({
      message: `${locked} is locked by another process [lock-held]`,
    });
    expect(await readdir(lock)).toHaveLength(1);
  });

  test('of a process that died is taken over at once', async ({ directory }) => {
    const { locked, program } = await heldByAnother(directory, -stepMs);
    await program.kill();
    expect(await withLock(locked, async () => 'ran', { waitMs: 300 })).toBe('ran');
    expect(await readdir(directory)).toEqual([]);
  });

  test('stays with its holder, which notices nothing', async ({ directory }) => {
    const locked = join(directory, 'delivery');
    const holder = withLock(locked, async () => {
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => new Date().getTime() + stepMs);
      onTestFinished(() => clock.mockRestore());
      // Longer than it takes to refresh the lock.
      await expect(withLock(locked, async () => 'ran', { waitMs: 2_000 })).rejects.toMatchObject({
        message: `${locked} is locked by another process [lock-held]`,
      });
      return 'held';
    });
    expect(await holder).toBe('held');
    expect(await readdir(directory)).toEqual([]);
  });
});

test('a lock of an earlier version, which does not name its holder, is taken over 5 s after the clock went back', async ({
  directory,
}) => {
  const locked = await lockedBy(directory, new Date(Date.now() + HOUR_MS));
  const startedMs = performance.now();
  expect(await withLock(locked, async () => 'ran')).toBe('ran');
  expect(performance.now() - startedMs).toBeGreaterThan(4_500);
  expect(performance.now() - startedMs).toBeLessThan(7_000);
}, 15_000);

/** By a process of another PID namespace, which refreshes it for so long. */
async function heldUnseen(
  locked: string,
  refreshedMs: number,
  atEnd: (end: () => void) => void,
): Promise<string> {
  await mkdir(`${locked}.lock`);
  await writeFile(join(`${locked}.lock`, '1-1-x-1-1'), '');
  const startedMs = performance.now();
  const refreshing = setInterval(() => {
    if (performance.now() - startedMs < refreshedMs) void utimes(`${locked}.lock`, new Date(), new Date());
  }, 1_000);
  atEnd(() => clearInterval(refreshing));
  return locked;
}

describe.concurrent('a lock whose holder cannot be seen from here', { timeout: 15_000 }, () => {
  test('is kept as long as it is refreshed, and taken over 5 s after that', async ({
    directory,
    expect,
    onTestFinished,
  }) => {
    const locked = await heldUnseen(join(directory, 'delivery'), 3_000, onTestFinished);
    const startedMs = performance.now();
    expect(await withLock(locked, async () => 'ran')).toBe('ran');
    expect(performance.now() - startedMs).toBeGreaterThan(6_500);
    expect(performance.now() - startedMs).toBeLessThan(9_500);
  });

  test('is taken over in 5 s by a sync as well, which leaves it at the end of its wait to one that is held', async ({
    directory,
    expect,
    onTestFinished,
  }) => {
    const unseen = async (name: string, refreshedMs: number) =>
      await heldUnseen(join(directory, name), refreshedMs, onTestFinished);
    const silent = await unseen('silent.json', 0);
    const startedMs = performance.now();
    const tookMs = () => performance.now() - startedMs;
    const waiting = { io: {}, signal: new AbortController().signal, waitMs: 7_000 };
    const tried = async (locked: string) => [
      await tryDeliveryLock(locked, async () => 'ran', waiting),
      tookMs(),
    ];
    const tidied = async () => {
      await removeDead(join(directory, 'silent.json'));
      expect([await exists(`${silent}.lock`), tookMs() < 8_000]).toEqual([false, true]);
    };
    const [dead, held] = await Promise.all([
      tried(await unseen('dead', 0)),
      tried(await unseen('held', 60_000)),
      // For which nobody waits that long.
      tidied(),
    ]);
    expect(dead).toEqual(['ran', expect.toSatisfy((ms: number) => ms > 4_500 && ms < 8_000)]);
    expect(held).toEqual([null, expect.toSatisfy((ms: number) => ms > 6_000 && ms < 10_000)]);
  });
});

test('a sync that is typed while another runs goes on when that one has ended', async ({ directory }) => {
  const delivery = join(directory, 'delivery');
  const ended: string[] = [];
  const another = withLock(delivery, async () => {
    await setTimeout(2_000);
    ended.push('another');
  });
  const waiting = { io: {}, signal: new AbortController().signal };
  await tryDeliveryLock(delivery, async () => void ended.push('typed'), waiting);
  await another;
  expect(ended).toEqual(['another', 'typed']);
});

test('where a waiter has stood still, as its holder may have, that was no time in which it was not refreshed', async ({
  directory,
}) => {
  const lock = join(directory, 'delivery.lock');
  await mkdir(lock);
  await writeFile(join(lock, '1-1-x-1-1'), '');
  const look = promisify(lockFilesOf(ownName(1)).stat);
  let stoodMs = 0;
  const { now } = performance;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + stoodMs);
  onTestFinished(() => clock.mockRestore());
  const mtimes: number[] = [];
  for (stoodMs = 0; stoodMs < 500_000; stoodMs += 100_000) mtimes.push((await look(lock)).mtime.getTime());
  expect(mtimes.every((mtime) => mtime > Date.now())).toBe(true);
});
