import { describe, expect, test } from 'vitest';
import { decide, GRACE_MS } from '../../../lib/gate/policy.ts';
import type { Require, TargetReport, TargetState } from '../../../lib/gate/verdict.ts';

type States = { readonly self?: TargetState; readonly peer?: TargetState; readonly vip?: TargetState };

function reportsOf({ self = 'served', peer = 'served', vip = 'served' }: States): readonly TargetReport[] {
  const report = (name: string, state: TargetState) =>
    ({
      target: { name, kind: name === 'vip' ? 'vip' : 'node', isSelf: name === 'self' },
      state,
    }) as TargetReport;
  return [report('self', self), report('peer', peer), report('vip', vip)];
}

const now = GRACE_MS - 1;
const later = GRACE_MS;
const OPEN = ['waiting', 'failing', 'silent'] as const satisfies readonly TargetState[];
const CLOSED = ['served', 'drained', 'unused'] as const satisfies readonly TargetState[];
const REQUIRE = ['all', 'available', 'vip'] as const satisfies readonly Require[];

describe.for(REQUIRE)('with require: %s', (require) => {
  test.for(CLOSED)('the gate opens at once when what is not served is %s', (state) => {
    expect(decide(reportsOf({ peer: state, vip: state, self: state }), require, 0)).toBe('met');
  });

  test.for(OPEN)('it stays shut as long as self is %s', (state) => {
    expect(decide(reportsOf({ self: state }), require, 3_600_000)).toBe('waiting');
  });

  test.for(OPEN)('it stays shut as long as the VIP is %s', (state) => {
    expect(decide(reportsOf({ vip: state }), require, 3_600_000)).toBe('waiting');
  });
});

test('a peer that has accepted a connection is waited for, however long its first look takes', () => {
  const reports = reportsOf({ peer: 'waiting' });
  const answering = reports.map((report) => ({ ...report, hasContact: report.state === 'waiting' }));
  expect(decide(reports, 'available', later)).toBe('met');
  expect(decide(answering, 'available', later)).toBe('waiting');
  expect(decide(answering, 'vip', later)).toBe('met');
});

describe('a peer', () => {
  test.for([
    ['all', 'waiting', later, 'waiting'],
    ['all', 'failing', later, 'waiting'],
    ['all', 'silent', later, 'waiting'],
    ['available', 'waiting', now, 'waiting'],
    ['available', 'waiting', later, 'met'],
    ['available', 'failing', later, 'waiting'],
    ['available', 'silent', now, 'waiting'],
    ['available', 'silent', later, 'met'],
    ['vip', 'waiting', now, 'waiting'],
    ['vip', 'waiting', later, 'met'],
    ['vip', 'failing', now, 'waiting'],
    ['vip', 'failing', later, 'met'],
    ['vip', 'silent', now, 'waiting'],
    ['vip', 'silent', later, 'met'],
  ] as const)(
    'with require: %s that is %s after %i ms makes the gate %s',
    ([require, peer, elapsedMs, expected]) => {
      expect(decide(reportsOf({ peer }), require, elapsedMs)).toBe(expected);
    },
  );
});

test('nothing to wait for is met', () => {
  expect(decide([], 'all', 0)).toBe('met');
});

test('a peer that was silent a moment ago is waited for a moment, unless it accepts or refuses a connection', () => {
  const silent = (reports: readonly TargetReport[]) =>
    reports.map((report) => ({
      ...report,
      target: { ...report.target, ...(report.state === 'waiting' && { silentAtMs: 1 }) },
    }));
  const reports = silent(reportsOf({ peer: 'waiting' }));
  const answering = reports.map((report) => ({ ...report, hasContact: report.state === 'waiting' }));
  const refused = { code: 'connection-refused', who: 'node', port: 80, error: 'ECONNREFUSED' } as const;
  const refusing = silent(reportsOf({ peer: 'silent' })).map((report) => ({
    ...report,
    target: { ...report.target, silentAtMs: 1 },
    reason: refused,
  }));
  const soon = 400;
  expect(decide(reports, 'available', soon - 1)).toBe('waiting');
  expect(decide(reports, 'available', soon)).toBe('met');
  expect(decide(answering, 'available', soon)).toBe('waiting');
  expect(decide(refusing, 'available', later - 1)).toBe('waiting');
  expect(decide(refusing, 'available', later)).toBe('met');
  expect(decide(reports, 'all', later)).toBe('waiting');
});
