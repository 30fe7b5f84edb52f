import { expect, test } from 'vitest';
import { failure } from '../../../lib/base/outcome.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { OUT_OF_TIME, testWithin } from '../../../lib/webserver/tested.ts';

const refused = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });
const failing = { test: async () => refused };
const FULL_MS = 600_000;

test('a test that was interrupted while it ran says nothing', async () => {
  const stop = new AbortController();
  const interrupted = async () => {
    stop.abort();
    return refused;
  };
  const limit = timeLimit(FULL_MS, stop.signal);
  expect(await testWithin({ test: interrupted }, limit)).toEqual(failure(OUT_OF_TIME));
});

test.for([
  ['whose round was over', timeLimit(0), failure(OUT_OF_TIME)],
  ['that had its whole time', timeLimit(FULL_MS), refused],
] as const)('a test %s and failed', async ([, limit, outcome]) => {
  expect(await testWithin(failing, limit)).toEqual(outcome);
});
