import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGateFailures } from '../../../lib/state/gate-failures.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const MINUTE_MS = 60_000;
const recordIn = async (stateDir: string, identifiers: readonly string[], nowMs: number) =>
  await createGateFailures(stateDir, noDamage).record(identifiers, nowMs);

test('tells of an identifier from its fourth failure within the hour on', async ({ directory }) => {
  const told: (number | undefined)[] = [];
  for (let count = 0; count < 5; count += 1) {
    const often = await recordIn(directory, ['a.test'], NOW_MS + count * MINUTE_MS);
    told.push(often.get('a.test'));
  }
  expect(told).toEqual([undefined, undefined, undefined, 4, 5]);
});

test('forgets a failure after an hour', async ({ directory }) => {
  for (let count = 0; count < 3; count += 1) await recordIn(directory, ['a.test'], NOW_MS);
  expect(await recordIn(directory, ['a.test'], NOW_MS + 60 * MINUTE_MS)).toEqual(new Map());
});

test('counts each identifier for itself and tells only of those that have failed now', async ({
  directory,
}) => {
  for (let count = 0; count < 4; count += 1) await recordIn(directory, ['a.test'], NOW_MS);
  expect(await recordIn(directory, ['b.test'], NOW_MS)).toEqual(new Map());
  expect(await recordIn(directory, ['a.test', 'b.test'], NOW_MS)).toEqual(new Map([['a.test', 5]]));
  const { near } = createGateFailures(directory, noDamage);
  expect(await near(NOW_MS)).toEqual(new Map([['a.test', 5]]));
  expect(await near(NOW_MS + 60 * MINUTE_MS)).toEqual(new Map());
});

test('keeps the record in one file and leaves no temporary one', async ({ directory }) => {
  await recordIn(directory, ['a.test'], NOW_MS);
  expect(await readdir(directory)).toEqual(['failures.json']);
  expect(JSON.parse(await readFile(join(directory, 'failures.json'), 'utf8'))).toEqual({
    'a.test': [NOW_MS],
  });
});

test('makes the state directory where it is missing', async ({ directory }) => {
  await recordIn(join(directory, 'state'), ['a.test'], NOW_MS);
  expect(await readdir(join(directory, 'state'))).toEqual(['failures.json']);
});
