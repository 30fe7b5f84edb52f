import { describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import { giveShortChances, noteSilence } from '../../../lib/batch/silence.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import type { TargetReport, TargetState } from '../../../lib/gate/verdict.ts';
import { silentWebServer, type SilentNodes } from '../../../lib/state/silent-nodes.ts';

const AT_MS = Date.parse('2026-11-28T03:12:00Z');
const ports = { httpPort: 80, httpsPort: 443 };
const plain = { isSelf: false, isDrained: false, node: null, ...ports };
const peer: Target = { kind: 'node', name: 'web2', address: '192.0.2.2', ...plain };
const self: Target = { ...peer, name: 'web1', address: '192.0.2.1', isSelf: true };
const vip: Target = { ...peer, kind: 'vip', name: 'vip 192.0.2.2' };

/** Knows of these places, and keeps what it is told. */
function notes(...known: readonly string[]) {
  const told: (readonly [place: string, isSilent: boolean])[] = [];
  const silent: SilentNodes = {
    silentAt: async (place) => (known.includes(place) ? AT_MS : null),
    saw: (...seen) => void told.push(seen),
    save: async () => undefined,
  };
  return { silent, told };
}

test.for([[peer.address], [silentWebServer(peer)]])(
  'a peer that was silent at %s gets a short chance; self and the VIP never do',
  async ([place = '']) => {
    const { silent } = notes(place, self.address, silentWebServer(self));
    const given = await giveShortChances([self, peer, vip], silent, { require: 'available' });
    expect(given).toEqual([self, { ...peer, silentAtMs: AT_MS }, vip]);
    expect(await giveShortChances([self, peer, vip], silent, { require: 'all' })).toEqual([self, peer, vip]);
  },
);

const refused = { code: 'connection-refused', who: 'node', port: 80, error: 'ECONNREFUSED' } as const;
const timedOut = { ...refused, code: 'connection-timed-out' } as const;
const report = (
  state: TargetState,
  reason: Finding | null,
  more: Partial<TargetReport> = {},
): TargetReport => ({
  ...{ target: peer, state, attempts: 1, elapsedMs: 3_000, missing: ['a.test'], reason, unsent: null },
  ...more,
});
const verdictOf = (one: TargetReport) => ({ isMet: true, elapsedMs: 3_010, targets: [one] });
const never = new AbortController().signal;

test.for([
  ['no answer', report('silent', timedOut), true],
  ['nothing until the gate opened', report('silent', { code: 'no-time-left' }), true],
  ['no look that came to its end', report('waiting', null), true],
  ['a connection without an answer yet', report('waiting', null, { hasContact: true }), false],
  ['a connection that was refused', report('silent', refused), false],
  ['404', report('failing', { code: 'token-not-found', server: '', origin: null }), false],
  ['the response', report('served', null), false],
] as const)('%s is noted as what it is', async ([, one, isSilent]) => {
  const { silent, told } = notes();
  await noteSilence(verdictOf(one), silent, never);
  expect(told).toEqual([[silentWebServer(peer), isSilent]]);
});

test('a short chance that was in vain says since when, and is no news', async () => {
  const { silent, told } = notes();
  const unsent = { code: 'agent-silent' } as const;
  const one = report('waiting', null, { target: { ...peer, silentAtMs: AT_MS }, elapsedMs: 410, unsent });
  const { targets } = await noteSilence({ ...verdictOf(one), elapsedMs: 420 }, silent, never);
  const reason = {
    ...{ code: 'short-chance', who: 'node', port: 80 },
    ...{ silentAt: '2026-11-28T03:12:00.000Z', seconds: 0.4 },
  };
  expect(targets).toMatchObject([{ reason, unsent: null }]);
  expect(told).toEqual([]);
});

test('a gate that was interrupted has seen nobody silent', async () => {
  const { silent, told } = notes();
  await noteSilence(verdictOf(report('waiting', null)), silent, AbortSignal.abort());
  expect(told).toEqual([]);
});

describe('a peer on standby, which nobody looks at, that was silent', () => {
  const standby: Target = { ...peer, unprobed: 'on-standby' };

  type Push = (target: Target, signal: AbortSignal) => Promise<Outcome>;

  async function gate(timeoutMs: number, push: Push) {
    const { silent } = notes(standby.address, silentWebServer(standby));
    const seen = await holdGate({
      targets: await giveShortChances([standby], silent, { require: 'available' }),
      ...{ subjects: ['a.test'], nameOf: (name: string) => name, require: 'available', timeoutMs },
      ...{ probe: async () => ({ state: 'served' }), push, signal: never },
    });
    return await noteSilence(seen, silent, never);
  }

  test('is waited for while its agent is at work', async () => {
    const push: Push = async (_target, signal) =>
      await sleep(600, OK, { signal }).catch(() => failure({ code: 'agent-silent' }));
    const { targets } = await gate(3_000, push);
    expect(targets).toMatchObject([{ state: 'unprobed', reason: { code: 'on-standby' } }]);
  });

  test('is done without when its agent has not taken the short chance, and keeps that for a reason', async () => {
    const reason = { ...timedOut, who: 'agent', port: 9480 } as const;
    const push = async () => failure(reason);
    const { isMet, elapsedMs, targets } = await gate(5_000, push);
    expect(targets).toMatchObject([{ state: 'silent', reason }]);
    expect(isMet).toBe(true);
    expect(elapsedMs).toBeLessThan(2_500);
  });

  test('is waited for as any other when it refuses a connection', async () => {
    const push = async () => failure({ ...refused, who: 'agent', port: 9480 });
    expect(await gate(1_000, push)).toMatchObject({ isMet: false, targets: [{ state: 'silent' }] });
  });
});
