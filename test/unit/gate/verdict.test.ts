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
  [{}, 'web2 192.168.69.12: 404 from nginx (a.test, 3 attempts in 1.23 s)'],
  [
    { missing: ['a.test', 'b.test', 'c.test'] },
    'web2 192.168.69.12: 404 from nginx (a.test and 2 more, 3 attempts in 1.23 s)',
  ],
  [
    { state: 'served', missing: [], reason: null, attempts: 1 },
    'web2 192.168.69.12: served (1 attempt in 1.23 s)',
  ],
  [{ state: 'drained', missing: [], reason: null }, 'web2 192.168.69.12: drained, left out'],
  [
    { state: 'silent', reason: 'connection refused' },
    'web2 192.168.69.12: connection refused (a.test, 3 attempts in 1.23 s)',
  ],
  [
    { state: 'waiting', reason: null, attempts: 0, elapsedMs: 0 },
    'web2 192.168.69.12: waiting (a.test, 0 attempts in 0.00 s)',
  ],
] as const)('%j reads %s', ([part, line]) => {
  expect(lineOf(report(part))).toBe(line);
});

test('times are seconds with two digits, and with one from ten on', () => {
  expect([0, 4, 995, 9_994, 9_996, 60_000].map(seconds)).toEqual([
    '0.00 s',
    '0.00 s',
    '0.99 s',
    '9.99 s',
    '10.0 s',
    '60.0 s',
  ]);
});
