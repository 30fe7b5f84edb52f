import { EventEmitter, once } from 'node:events';
import type { FSWatcher } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { watchDirectory } from '../../../lib/system/watch-directory.ts';
import { noWatchesLeft, watchBy } from '../../support/inotify.ts';
import { expect, test } from '../../support/temporary.ts';

describe.for([
  ['watched', { isPolled: false }],
  ['polled', { isPolled: true }],
] as const)('a directory that is %s', ([, options]) => {
  test('tells of a file that comes', async ({ directory }) => {
    const watch = await watchDirectory(directory, options);
    expect(watch.isBlind).toBe(false);
    await writeFile(join(directory, 'a'.repeat(64)), '');
    await watch.changed;
    await watch.close();
  });

  test('tells of a file that goes', async ({ directory }) => {
    await writeFile(join(directory, 'marker'), '');
    const watch = await watchDirectory(directory, options);
    await rm(join(directory, 'marker'));
    await watch.changed;
    await watch.close();
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
