import { expect, test } from 'vitest';
import { forgetOrKeep } from '../../../lib/batch/forget-or-keep.ts';
import type { PendingChallenge } from '../../../lib/state/pending-challenge.ts';
import type { PendingStore } from '../../../lib/state/pending.ts';

const DAY_MS = 86_400_000;
const value = 'v'.repeat(43);

/** A record that could not be removed, once more. */
async function afterFailing(entry: Partial<PendingChallenge>) {
  const kept: PendingChallenge[] = [];
  const forgotten: string[] = [];
  const said: string[] = [];
  const store: Pick<PendingStore, 'forget' | 'retire'> = {
    forget: async (keys) => void forgotten.push(...keys),
    retire: async (entries) => void kept.push(...entries),
  };
  const run = { id: 'x', process: null };
  const recorded = [
    { identifier: 'a.test', value, run, recordedAtMs: Date.now() - 8 * DAY_MS, ...entry } as PendingChallenge,
  ];
  const left = { keys: new Set([value]) };
  await forgetOrKeep({
    ...{ store: store as PendingStore, recorded, challenges: recorded, left },
    err: (line) => void said.push(line),
  });
  return { kept, forgotten, said };
}

test('a record is kept in mind for a week from the first attempt to remove it', async () => {
  const { kept, forgotten, said } = await afterFailing({});
  expect({ forgotten, said }).toEqual({ forgotten: [], said: [] });
  expect(Date.now() - (kept[0]?.recordedAtMs ?? 0)).toBeLessThan(DAY_MS);
});

test('a record that is given up is told of, with its place and its value', async () => {
  const { kept, forgotten, said } = await afterFailing({ isOver: true });
  expect({ kept, forgotten }).toEqual({ kept: [], forgotten: [value] });
  expect(said).toEqual([
    `_acme-challenge.a.test: TXT value ${value} could not be removed for a week, and no run will try again: remove it by hand [record-given-up]`,
  ]);
});
