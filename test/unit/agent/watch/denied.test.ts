import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createDenied } from '../../../../lib/agent/watch/denied.ts';

/** Files that are there and may not be read. */
function deniedBy(files: Set<string>) {
  const told: string[] = [];
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const look = createDenied({
    isDenied: async (token) => files.has(token),
    onDenied: (token) => told.push(token),
    signal,
    patienceMs: 5,
  });
  return { told, look };
}

describe('a token that the agent may not read', () => {
  test('is told once, and again only when it could be read in between', async () => {
    const files = new Set(['a']);
    const { told, look } = deniedBy(files);
    await Promise.all([look('a'), look('a')]);
    await look('a');
    expect(told).toEqual(['a']);
    files.delete('a');
    await look('a');
    files.add('a');
    await look('a');
    expect(told).toEqual(['a', 'a']);
  });

  test('is not told where its writer lets others read it a moment later', async () => {
    const files = new Set(['a']);
    const { told, look } = deniedBy(files);
    const looking = look('a');
    files.delete('a');
    await looking;
    expect(told).toEqual([]);
  });

  test('ten thousand of them are twenty lines', async () => {
    const tokens = Array.from({ length: 10_000 }, (_, index) => String(index));
    const { told, look } = deniedBy(new Set(tokens));
    await Promise.all(tokens.map(look));
    for (const token of tokens) await look(token);
    expect(told).toHaveLength(20);
  });
});
