import { expect, test } from 'vitest';
import { surveyTime } from '../../../lib/commands/survey-time.ts';
import type { Finding } from '../../../lib/findings/register.ts';

const silent = { code: 'agent-silent' } as const;
const refused = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' } as const;

test.for<readonly [number, number, Finding | null, boolean, boolean]>([
  [1, 30, silent, false, true],
  [19, 30, silent, false, true],
  [20, 30, silent, false, false],
  [9, 10, silent, false, true],
  [10, 10, silent, false, false],
  [1, 30, silent, true, false],
  [1, 30, refused, false, false],
  [1, 30, null, false, false],
])('of %i s where %i s are usual, with %j', ([seconds, usually, reason, isDrained, expected]) => {
  const nodes = [{ reason, isDrained }] as never;
  expect(surveyTime({ seconds, usually }).isCutOff({ nodes })).toBe(expected);
});
