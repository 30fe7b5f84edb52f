import { expect, test } from 'vitest';
import { isNewEnough } from '../../lab/booted/system.ts';

test.each([
  ['v18.20.4', false],
  ['v20.18.3', false],
  ['v20.19.0', true],
  ['v24.0.1', true],
  ['', false],
])('hosts whose Node.js is %j run their own: %j', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});
