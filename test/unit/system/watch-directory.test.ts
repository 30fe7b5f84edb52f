import { EventEmitter, once } from 'node:events';
import type { FSWatcher } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { pause } from '../../../lib/system/pause.ts';
import { watchDirectory, type Watch } from '../../../lib/system/watch-directory.ts';
import { noWatchesLeft, watchBy } from '../../support/inotify.ts';
import { expect, test } from '../../support/temporary.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(64));
const POLLED_BY_THEN_MS = 1_000;

describe.for([
  ['watched', { isPolled: false }],
  ['polled', { isPolled: true }],
] as const)('a directory that is %s', ([, options]) => {
  test('tells of files that come', async ({ directory }) => {
    const watch = await watchDirectory(directory, options);
    expect(watch.isBlind).toBe(false);
    await untilTold(watch, async (name) => await writeFile(join(directory, name), ''));
  });

  test('tells of files that go', async ({ directory }) => {
    for (const name of NAMES) await writeFile(join(directory, name), '');
    const watch = await watchDirectory(directory, options);
    await untilTold(watch, async (name) => await rm(join(directory, name)));
  });

  test('may come later, and can be left while nothing has happened', async ({ directory }) => {
    const later = join(directory, 'later');
    const watch = await watchDirectory(later, options);
    await mkdir(later);
    await watch.close();
  });
});

describe('where the system has no watches left', () => {
  test('is blind at once, asks for no watch again, and can be left', async ({ directory }) => {
    for (const name of ['a', 'b', 'c']) await writeFile(join(directory, name), '');
    const asked = watchBy((path) => {
      throw noWatchesLeft(path);
    });
    const watch = await watchDirectory(directory, { isPolled: false });
    const soon = new Promise((resolve) => {
      setTimeout(resolve, 200, 'nothing');
    });
    expect(watch.isBlind).toBe(true);
    expect(await Promise.race([watch.changed, soon])).toBe('nothing');
    await watch.close();
    // The directory and its three names at the most.
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('sees with the watch that it has got', async ({ directory }) => {
    watchBy((path, inEarnest) => {
      if (path === directory) return inEarnest();
      throw noWatchesLeft(path);
    });
    const watch = await watchDirectory(directory, { isPolled: false });
    expect(watch.isBlind).toBe(false);
    await writeFile(join(directory, 'marker'), '');
    await watch.changed;
    await watch.close();
  });

  test('takes a watch that is lost for no change', async ({ directory }) => {
    const lost = Object.assign(new EventEmitter(), { close: () => undefined }) as unknown as FSWatcher;
    watchBy(() => lost);
    const watch = await watchDirectory(directory, { isPolled: false });
    const told = once(lost, 'error');
    lost.emit('error', noWatchesLeft(directory));
    await told.catch(() => undefined);
    const soon = new Promise((resolve) => {
      setTimeout(resolve, 200, 'nothing');
    });
    expect(watch.isBlind).toBe(false);
    expect(await Promise.race([watch.changed, soon])).toBe('nothing');
    await watch.close();
  });
});

/** Changes one name after another until the watch tells: one that polls may look for the first time after a change. */
async function untilTold(watch: Watch, change: (name: string) => Promise<void>): Promise<void> {
  const told = watch.changed.then(() => true);
  for (const name of NAMES) {
    await change(name);
    if (await Promise.race([told, pause(POLLED_BY_THEN_MS).then(() => false)])) break;
  }
  await told;
  await watch.close();
}
