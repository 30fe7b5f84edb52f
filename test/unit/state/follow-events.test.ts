import { getEventListeners } from 'node:events';
import { appendFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LoggedEvent } from '../../../lib/state/event.ts';
import { createEvents } from '../../../lib/state/events.ts';
import { followEvents, type EventPosition, type FollowOptions } from '../../../lib/state/follow-events.ts';
import { noWatchesLeft, watchBy } from '../../support/inotify.ts';
import { expect, test } from '../../support/temporary.ts';

const BY = { node: 'web1', program: 'sync' } as const;

/** A follower until the test ends: `seen` resolves when it has handed on so many. */
async function follow(directory: string, from: FollowOptions['from'] = 'end') {
  const over = new AbortController();
  const events: LoggedEvent[] = [];
  let position: EventPosition | null = null;
  let look = () => {};
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => void (isReady = resolve));
  const ended = followEvents(directory, {
    signal: over.signal,
    from,
    lookEveryMs: 100,
    onReady: isReady,
    onEvents: (news, at) => {
      events.push(...news);
      position = at;
      look();
    },
  });
  const stop = async () => {
    over.abort();
    await ended;
  };
  onTestFinished(stop);
  await Promise.race([ready, ended]);
  return {
    stop,
    position: () => position,
    async tokens(count: number): Promise<readonly (number | undefined)[]> {
      while (events.length < count) await new Promise<void>((resolve) => void (look = resolve));
      return events.map(({ tokens }) => tokens);
    },
  };
}

function writer(directory: string, rotateAtBytes?: number) {
  const events = createEvents(directory, { ...BY, ...(rotateAtBytes !== undefined && { rotateAtBytes }) });
  return async (...tokens: readonly number[]) => {
    for (const token of tokens) await events.write({ event: 'sync', tokens: token, outcome: 'ok' });
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('events are followed from now on, or from the start of what is kept', async ({ directory }) => {
  const write = writer(directory, 500);
  await write(0, 1, 2, 3, 4, 5, 6, 7);
  const now = await follow(directory);
  const all = await follow(directory, 'start');
  await write(8, 9);
  expect(await now.tokens(2)).toEqual([8, 9]);
  expect(await all.tokens(10)).toEqual(upTo(10));
});

test('events are followed over many files that are put aside', async ({ directory }) => {
  const followed = await follow(directory);
  // Until there is a file, and from its first line.
  await writer(directory, 1_000)(...upTo(60));
  expect(await followed.tokens(60)).toEqual(upTo(60));
});

test('whoever had the file open when it was put aside is followed as well', async ({ directory }) => {
  const write = writer(directory);
  await write(0);
  const followed = await follow(directory);
  const handle = await open(join(directory, 'events.jsonl'), 'a');
  await rename(join(directory, 'events.jsonl'), join(directory, 'events.jsonl.1'));
  await write(1);
  expect(await followed.tokens(1)).toEqual([1]);
  const line = { at: new Date().toISOString(), ...BY, event: 'sync', tokens: 2, outcome: 'ok' };
  await handle.write(`${JSON.stringify(line)}\n`);
  await handle.close();
  expect(await followed.tokens(2)).toEqual([1, 2]);
});

test('events are followed from where somebody has stopped', async ({ directory }) => {
  const write = writer(directory, 1_000);
  const first = await follow(directory);
  await write(...upTo(5));
  await first.tokens(5);
  await first.stop();
  await write(5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
  const then = await follow(directory, first.position() ?? 'end');
  expect(await then.tokens(10)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test('what is cut off, too long or emptied keeps no follower from the next event', async ({ directory }) => {
  const write = writer(directory);
  const file = join(directory, 'events.jsonl');
  await write(0);
  const followed = await follow(directory);
  await appendFile(file, `${'x'.repeat(200_000)}\n{"cut`);
  await write(1);
  expect(await followed.tokens(1)).toEqual([1]);
  await writeFile(file, '');
  await write(2);
  expect(await followed.tokens(2)).toEqual([1, 2]);
  await rm(file);
  await write(3);
  expect(await followed.tokens(3)).toEqual([1, 2, 3]);
});

test('where the system has no watch left, events are looked for now and then', async ({ directory }) => {
  const asked = watchBy((path) => {
    throw noWatchesLeft(path);
  });
  const followed = await follow(directory);
  await writer(directory)(0);
  expect(await followed.tokens(1)).toEqual([0]);
  expect(asked.length).toBeGreaterThan(0);
});

test('nothing waits for the signal any more once a file could not be read', async ({ directory }) => {
  const unreadable = join(directory, 'long'.repeat(100));
  const { signal } = new AbortController();
  await expect(followEvents(unreadable, { signal, onEvents: () => {} })).rejects.toThrow('ENAMETOOLONG');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
