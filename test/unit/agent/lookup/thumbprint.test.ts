import { expect, test, vi } from 'vitest';
import { openThumbprint } from '../../../../lib/agent/lookup/thumbprint.ts';

const [A, B] = ['a'.repeat(43), 'b'.repeat(43)] as const;

/** One that has learnt 500 times, from two accounts in turn, and what it has written. */
async function learnt(everyMs: number) {
  const writes: string[] = [];
  let running = 0;
  let most = 0;
  const write = async (_: string, text: string) => {
    running += 1;
    most = Math.max(most, running);
    writes.push(text.trim());
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    running -= 1;
  };
  const last = await openThumbprint('/nonexistent', { write, everyMs });
  for (let n = 0; n < 500; n += 1) last.learn(`token.${n % 2 === 0 ? A : B}`);
  return { last, writes, most: () => most };
}

test('many new thumbprints are one write, and the newest one is known at once', async () => {
  const { last, writes } = await learnt(60_000);
  expect([last.known(), writes]).toEqual([B, [A]]);
});

test('the newest one is kept after its time, one write after the other', async () => {
  const { last, writes, most } = await learnt(1);
  await vi.waitFor(() => expect(writes).toEqual([A, B]));
  last.learn(`token.${A}`);
  await vi.waitFor(() => expect(writes).toEqual([A, B, A]));
  expect(most()).toBe(1);
});
