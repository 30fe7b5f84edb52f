import { expect, test } from 'vitest';
import { askPeers } from '../../../../lib/agent/lookup/ask-peers.ts';
import type { Answer, ChannelClient } from '../../../../lib/channel/client.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import { makeChallenge } from '../../../support/cluster/challenge.ts';

const { token, keyAuthorization } = makeChallenge();
const other = makeChallenge();
const refused = { code: 'agent-refuses', status: 404, message: 'no such route' } as const;

test.for<readonly [string, Answer<unknown>, string | null | undefined]>([
  ['has it', { isOk: true, body: { token, keyAuthorization } }, keyAuthorization],
  ['answers for another token', { isOk: true, body: other }, null],
  [
    'has none, or is of a version without the route',
    { isOk: false, reason: refused as never, isSilent: false },
    null,
  ],
  [
    'waits for its disk',
    { isOk: false, reason: { code: 'agent-refuses', status: 503, detail: '' }, isSilent: false },
    undefined,
  ],
  ['does not answer', { isOk: false, reason: { code: 'agent-silent' }, isSilent: true }, undefined],
])('a peer that %s', async ([, answer, expected]) => {
  const client = { request: async () => answer } as unknown as ChannelClient;
  const { peers, ask } = askPeers([{ name: 'web2' } as ClusterNode], client);
  const { signal } = new AbortController();
  expect(peers).toEqual(['web2']);
  expect(await ask('web2', token, signal)).toBe(expected);
  expect(await ask('removed', token, signal)).toBe(undefined);
});
