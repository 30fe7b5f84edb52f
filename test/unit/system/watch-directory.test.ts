import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { watchDirectory } from '../../../lib/system/watch-directory.ts';
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
