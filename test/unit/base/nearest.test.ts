import { expect, test } from 'vitest';
import { nearest } from '../../../lib/base/nearest.ts';

const WORDS = ['status', 'drill', 'sync', 'agent', 'deploy', 'is-issuer', 'install-lineage'];

test.for([
  ['stauts', 'status'], // swapped
  ['statu', 'status'],
  ['statuss', 'status'],
  ['depliy', 'deploy'],
  ['isissuer', 'is-issuer'],
  ['intsall-linage', 'install-lineage'],
  ['snc', 'sync'],
  ['frobnicate', null],
  ['statistics', null],
  ['x', null],
  ['', null],
] as const)('%j is meant for %j', ([typed, meant]) => {
  expect(nearest(typed, WORDS)).toBe(meant);
});

test('the nearest of two is taken', () => {
  expect(nearest('--watc', ['--wait', '--watch'])).toBe('--watch');
});
