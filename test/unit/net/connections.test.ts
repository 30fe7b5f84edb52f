import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { holdGate } from '../../../lib/gate/gate.ts';
import type { Target } from '../../../lib/cluster/target.ts';

test('the gates of one process have one limit of connections together', async () => {
  let [running, most] = [0, 0];
  const probe = async () => {
    running += 1;
    most = Math.max(most, running);
    await sleep(5);
    running -= 1;
    return { state: 'served' as const };
  };
  const gate = async (name: string) => {
    const node = { name };
    const target = { kind: 'node', name, address: name, isSelf: false, isDrained: false, node } as Target;
    return await holdGate({
      targets: [target],
      subjects: Array.from({ length: 40 }, (_, index) => `n${index}.test`),
      nameOf: (subject) => subject,
      probe,
      require: 'all',
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
  };
  const verdicts = await Promise.all(['web1', 'web2', 'web3', 'web4'].map(gate));
  expect(verdicts.every(({ isMet }) => isMet)).toBe(true);
  expect(most).toBeGreaterThan(8);
  expect(most).toBeLessThanOrEqual(32);
});
