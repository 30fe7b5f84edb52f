import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe } from 'vitest';
import { createBackups } from '../../../lib/state/backups.ts';
import { expect, test } from '../../support/temporary.ts';

const NAME = 'www.example.test';
const dayOf = (day: number) => new Date(Date.UTC(2026, 10, day));

describe('the copies of a lineage', () => {
  test('are no more than five, the newest', async ({ directory }) => {
    const backups = createBackups(directory);
    const made: string[] = [];
    for (let day = 1; day <= 8; day += 1) {
      const place = backups.place(NAME, dayOf(day));
      await mkdir(place, { recursive: true });
      await backups.prune(NAME, place);
      made.push(basename(place));
    }
    expect((await readdir(join(directory, 'backup'))).toSorted()).toEqual(made.slice(-5));
  });

  test('keep the one that has just been made, though the clock was put back', async ({ directory }) => {
    const backups = createBackups(directory);
    const places = [9, 8, 7, 6, 5, 1].map((day) => backups.place(NAME, dayOf(day)));
    for (const place of places) await mkdir(place, { recursive: true });
    const newest = backups.place(NAME, dayOf(1));
    await backups.prune(NAME, newest);
    const left = await readdir(join(directory, 'backup'));
    expect(left).toHaveLength(5);
    expect(left).toContain(basename(newest));
  });

  test('are none where nothing has been put aside', async ({ directory }) => {
    const backups = createBackups(directory);
    await backups.prune(NAME, backups.place(NAME, dayOf(1)));
    expect(await readdir(directory)).toEqual([]);
  });
});
