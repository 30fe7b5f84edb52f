import { expect, test } from 'vitest';
import { createLocalTokens } from '../../../../lib/agent/watch/local-tokens.ts';
import { createOwnTokens } from '../../../../lib/agent/watch/own-tokens.ts';
import type { StoredResponse } from '../../../../lib/challenge/token-files.ts';
import { makeChallenge, makeChallenges } from '../../../support/cluster/challenge.ts';

type Read = (found: StoredResponse | null) => void;

/** Files whose reads end when they are told to, in whatever order. */
function slowly() {
  const reads: Read[] = [];
  const read = async () =>
    await new Promise<StoredResponse | null>((resolve) => {
      reads.push(resolve);
    });
  const tokens = createLocalTokens({
    webroot: { read, young: async () => [] },
    own: createOwnTokens(),
    ttlMs: 60_000,
    onNothing: () => undefined,
    onTooMany: () => undefined,
    onRoom: () => undefined,
  });
  return { reads, tokens };
}

test('a look that takes long does not bring back what a later one has not found', async () => {
  const { reads, tokens } = slowly();
  const { token, keyAuthorization } = makeChallenge();
  const looks = [tokens.look(token), tokens.look(token)];
  const found = { token, keyAuthorization, writtenAtMs: Date.now() };
  for (let at = 0; at < 2; at += 1) {
    // The later one ends first where both were begun at once.
    if (reads.length > 1) reads[1 - at]?.(at === 0 ? null : found);
    else reads[at]?.(at === 0 ? found : null);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  for (const read of reads) read(null);
  expect(await Promise.all(looks)).toEqual([true, true]);
  expect([...tokens.all.keys()]).toEqual([]);
});

test('ten thousand tokens are one word of too many, and are looked for again where there is room', async () => {
  const told: string[] = [];
  const has = new Map<string, string>();
  const tokens = createLocalTokens({
    webroot: {
      read: async (token) => {
        const keyAuthorization = has.get(token);
        return keyAuthorization === undefined ? null : { token, keyAuthorization, writtenAtMs: Date.now() };
      },
      young: async () => [],
    },
    own: createOwnTokens(),
    ttlMs: 60_000,
    onNothing: () => undefined,
    onTooMany: () => told.push('too many'),
    onRoom: () => told.push('room'),
  });
  const many = makeChallenges(10_000);
  for (const { token, keyAuthorization } of many) has.set(token, keyAuthorization);
  for (const { token } of many) await tokens.look(token);
  expect(tokens.all.size).toBe(1_000);
  for (const { token } of many.slice(0, 2)) {
    has.delete(token);
    await tokens.look(token);
  }
  for (const { token } of many.slice(-3)) await tokens.look(token);
  expect(told).toEqual(['too many', 'room']);
});
