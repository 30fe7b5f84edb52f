import { describe, expect, test } from 'vitest';
import { leftResult } from '../../../lib/inbox/answer.ts';

const ID = 'b'.repeat(64);
const RESULT = {
  id: ID,
  lineage: null,
  state: 'refused',
  findings: [{ code: 'older-than-installed', lineage: 'a.test', stamp: 'then', here: 'now' }],
  messages: ['older'],
  at: '2026-11-24T00:01:00.000Z',
};

describe('what lies where an answer should', () => {
  test('is taken when it is one', () => {
    expect(leftResult(ID, JSON.stringify(RESULT))).toEqual(RESULT);
  });

  test('may be nothing', () => {
    expect(leftResult(ID, null)).toEqual({
      state: 'unknown',
      reason: { code: 'installer-left-no-answer' },
    });
  });

  test.for<readonly [string, string]>([
    ['empty', ''],
    ['no JSON', '{"id": '],
    ['something else', '[]'],
    ["another bundle's", JSON.stringify({ ...RESULT, id: 'c'.repeat(64) })],
    ['of a state of its own', JSON.stringify({ ...RESULT, state: 'unknown' })],
    [
      'longer than anybody reads',
      JSON.stringify({ ...RESULT, messages: Array.from({ length: 201 }, () => 'x') }),
    ],
  ])('is none when it is %s', ([, text]) => {
    expect(leftResult(ID, text)).toEqual({
      state: 'unknown',
      reason: { code: 'answer-not-installers' },
    });
  });
});
