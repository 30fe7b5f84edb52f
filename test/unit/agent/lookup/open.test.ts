import { expect, test } from 'vitest';
import { reportEnds } from '../../../../lib/agent/lookup/open.ts';
import type { Found, Missing } from '../../../../lib/agent/lookup/lookup.ts';

const KEY_AUTHORIZATION = 'token.thumbprint';

/** What was told while each of these ends came ten times, and came once more after the time. */
function told(end: Found | Missing, afterMs: number) {
  let now = 0;
  const journal: object[] = [];
  const written: object[] = [];
  const log = (fields: object) => void journal.push(fields);
  const report = reportEnds(
    {
      logger: { debug: log, info: log, warn: log, error: log },
      events: { write: async (...events) => await Promise.resolve(void written.push(...events)) },
    },
    () => now,
  );
  for (let n = 0; n < 10; n += 1) report(end, 3);
  now = afterMs;
  report(end, 3);
  return { journal, written };
}

test.for<readonly [string, Found | Missing]>([
  ['answered-by-thumbprint', { by: 'thumbprint', keyAuthorization: KEY_AUTHORIZATION }],
  ['lookup-cut-off', { by: null, why: 'cut off' }],
  ['token-not-found', { by: null, why: 'unknown' }],
])('strangers fill neither the journal nor the events with %s', ([outcome, end]) => {
  const { journal, written } = told(end, 10_000);
  expect(journal).toMatchObject([{ count: 1 }, { count: 10 }]);
  const event = { event: 'lookup', ms: 3, outcome };
  expect(written).toEqual([
    { ...event, tokens: 1 },
    { ...event, tokens: 10 },
  ]);
  expect(told(end, 9_999).written).toHaveLength(1);
});

test('each challenge that a peer had is told', () => {
  const { journal, written } = told({ by: 'peer', peer: 'web2', keyAuthorization: KEY_AUTHORIZATION }, 1);
  expect([journal.length, written.length]).toEqual([11, 11]);
  expect(JSON.stringify([journal, written])).not.toContain(KEY_AUTHORIZATION);
});
