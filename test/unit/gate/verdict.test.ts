import { expect, test } from 'vitest';
import { lineOf, seconds, type TargetReport } from '../../../lib/gate/verdict.ts';

const report = (part: Partial<TargetReport>) =>
  ({
    target: { name: 'web2', address: '192.168.69.12' },
    state: 'failing',
    attempts: 3,
    elapsedMs: 1234,
    missing: ['a.test'],
    reason: '404 from nginx',
    ...part,
  }) as TargetReport;

test.for([
  [{}, 'web2 192.168.69.12: 404 from nginx (a.test, 3 looks, 1.23 s)'],
  [
    { missing: ['a.test', 'b.test', 'c.test'] },
    'web2 192.168.69.12: 404 from nginx (a.test and 2 more, 3 looks, 1.23 s)',
  ],
  [{ state: 'held', missing: [], reason: null, attempts: 1 }, 'web2 192.168.69.12: served (1 look, 1.23 s)'],
  [{ state: 'drained', missing: [], reason: null }, 'web2 192.168.69.12: drained, left out'],
  [
    { state: 'silent', reason: 'connection refused' },
    'web2 192.168.69.12: connection refused (a.test, 3 looks, 1.23 s)',
  ],
  [
    { state: 'waiting', reason: null, attempts: 0, elapsedMs: 0 },
    'web2 192.168.69.12: waiting (a.test, 0 looks, 0.00 s)',
  ],
] as const)('%j reads %s', ([part, line]) => {
  expect(lineOf(report(part))).toBe(line);
});

test('times are seconds with two digits', () => {
  expect([0, 4, 995, 60_000].map(seconds)).toEqual(['0.00 s', '0.00 s', '0.99 s', '60.00 s']);
});
