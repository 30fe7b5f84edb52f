// @module-tag slow
import { describe, expect, test } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import { lineOf, type Require } from '../../../lib/gate/verdict.ts';

const backup = (name: string): Target =>
  ({
    kind: 'node',
    name,
    address: '192.0.2.1',
    isSelf: false,
    isDrained: false,
    unprobed: 'on-standby',
  }) as Target;
const vip = { kind: 'vip', name: 'vip 192.0.2.10', address: '192.0.2.10', isDrained: false } as Target;
const refused: Finding = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' };

interface Gate {
  readonly require?: Require;
  readonly push?: (target: Target) => Promise<Outcome>;
  readonly timeoutMs?: number;
}

async function gate(targets: readonly Target[], { require = 'all', push, timeoutMs = 5_000 }: Gate) {
  const looked: string[] = [];
  const verdict = await holdGate({
    ...{ targets, require, timeoutMs, signal: new AbortController().signal },
    ...{ subjects: ['a.test'], nameOf: (name: string) => name },
    probe: async ({ name }) => {
      looked.push(name);
      return { state: 'served' };
    },
    ...(push && { push }),
  });
  return { verdict, looked, states: verdict.targets.map(({ state }) => state) };
}

describe('a target that is not looked at', () => {
  test('holds nothing up, and is told', async () => {
    const { verdict, looked, states } = await gate([backup('web2'), vip], {});
    expect({ isMet: verdict.isMet, looked, states }).toEqual({
      ...{ isMet: true, looked: ['vip 192.0.2.10'], states: ['unprobed', 'served'] },
    });
    expect(verdict.targets.slice(0, 1).map(lineOf)).toEqual([
      'web2 192.0.2.1: not probed: runsOn is holder: it runs on the holder of the VIP only [on-standby]',
    ]);
  });

  test('has to get what the VIP may need there in a moment, at the second try if not at the first', async () => {
    const pushed: string[] = [];
    const push = async ({ name }: Target) => {
      pushed.push(name);
      return pushed.filter((one) => one === 'web2').length < 2 && name === 'web2' ? failure(refused) : OK;
    };
    const { verdict, states } = await gate([backup('web2'), vip], { push });
    expect({ isMet: verdict.isMet, states }).toEqual({ isMet: true, states: ['unprobed', 'served'] });
    expect(pushed.filter((one) => one === 'web2')).toHaveLength(2);
  });

  test.each<readonly [Require, boolean]>([
    ['all', false],
    ['vip', true],
    ['available', true],
  ])('that gets nothing counts as gate.require: %s says', async (require, isMet) => {
    const push = async ({ kind }: Target) => (kind === 'node' ? failure(refused) : OK);
    const timeoutMs = require === 'all' ? 300 : 5_000;
    const { verdict, states } = await gate([backup('web2'), vip], { push, require, timeoutMs });
    expect({ isMet: verdict.isMet, states }).toEqual({ isMet, states: ['silent', 'served'] });
  });
});
