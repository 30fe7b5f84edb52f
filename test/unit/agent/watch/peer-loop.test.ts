import { setMaxListeners } from 'node:events';
import { setImmediate as aTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Answer, ChannelClient } from '../../../../lib/channel/client.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import { startPeerLoop } from '../../../../lib/agent/watch/peer-loop.ts';
import { makeChallenge, makeChallenges } from '../../../support/cluster/challenge.ts';
import { eventually } from '../../../lab/eventually.ts';
import { expect, test } from '../../../support/temporary.ts';

const OK: Answer<never> = { isOk: true, body: null as never };
const LOST: Answer<never> = { isOk: false, reason: { code: 'agent-silent' }, isSilent: true };

const refused = (status: number): Answer<never> => ({
  isOk: false,
  reason: { code: 'agent-refuses', status, detail: '' },
  isSilent: false,
});
const FULL = refused(507);

/** A loop, with what lies here and what a peer answers. */
function loopWith(answer: (path: string, count: number) => Promise<Answer<never>>) {
  const looked: string[] = [];
  const { requests, set } = loopsWith(['web2'], answer, async (token) => void looked.push(token));
  const seen = async (count: number) =>
    await eventually(async () => requests.length >= count, { timeoutMs: 3_000, what: `${count} requests` });
  return { requests, looked, set, seen };
}

/** A loop for each peer, beside one another as the agent has them: with one client, over what lies here. */
function loopsWith(
  peers: readonly string[],
  answer: (path: string, count: number, peer: string) => Promise<Answer<never>>,
  look: (token: string) => Promise<void> = async () => undefined,
) {
  const here = new Map<string, string>();
  const requests: string[] = [];
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  onTestFinished(() => over.abort());
  const client: Pick<ChannelClient, 'request'> = {
    request: async ({ name }, _method, path, { body }) => {
      const { challenges, tokens } = body as { challenges?: { token: string }[]; tokens?: string[] };
      const line = `${path} ${(challenges?.map(({ token }) => token) ?? tokens)?.join()}`;
      requests.push(peers.length === 1 ? line : `${name} ${line}`);
      return await answer(path, requests.length, name);
    },
  };
  const options = { client, here, look, ttlMs: 60_000, onSent: () => undefined, signal: over.signal };
  const loops = peers.map((name) => startPeerLoop({ peer: { name } as ClusterNode, ...options }));
  const set = (token: string, keyAuthorization: string | null) => {
    if (keyAuthorization === null) here.delete(token);
    else here.set(token, keyAuthorization);
    for (const loop of loops) loop.wake();
  };
  return { requests, set };
}

test('a removal comes after the push that it removes, however long that takes', async () => {
  let answerPush = () => {};
  const pushed = new Promise<void>((resolve) => {
    answerPush = resolve;
  });
  const { requests, set, seen } = loopWith(async (_path, count) => {
    if (count === 1) await pushed;
    return OK;
  });
  const { token, keyAuthorization } = makeChallenge();
  set(token, keyAuthorization);
  await seen(1);
  set(token, null);
  await aTurn();
  expect(requests).toEqual([`/v1/challenges ${token}`]);
  answerPush();
  await seen(2);
  expect(requests[1]).toBe(`/v1/challenges/removals ${token}`);
});

test.for([
  ['an answer was lost', LOST],
  ['the peer still waits for its disk', refused(503)],
] as const)(
  'where %s, the token is removed; its file is looked at again before it is sent again',
  async ([, unknown]) => {
    const { requests, looked, set, seen } = loopWith(async (_path, count) => (count < 3 ? unknown : OK));
    const { token, keyAuthorization } = makeChallenge();
    set(token, keyAuthorization);
    await seen(2);
    expect(looked).toContain(token);
    set(token, null);
    await seen(3);
    const [first, second, third] = requests;
    expect([first, second, third]).toEqual([
      `/v1/challenges ${token}`,
      `/v1/challenges ${token}`,
      `/v1/challenges/removals ${token}`,
    ]);
  },
);

test('a token that comes back after a removal whose answer was lost is presented again', async () => {
  const { requests, set, seen } = loopWith(async (path) => (path.endsWith('/removals') ? LOST : OK));
  const { token, keyAuthorization } = makeChallenge();
  set(token, keyAuthorization);
  await seen(1);
  set(token, null);
  await seen(2);
  set(token, keyAuthorization);
  await seen(3);
  expect(requests).toEqual([
    `/v1/challenges ${token}`,
    `/v1/challenges/removals ${token}`,
    `/v1/challenges ${token}`,
  ]);
});

test('a peer that takes no more still gets the removals, and none of what it has refused', async () => {
  const { requests, set, seen } = loopWith(async (path, count) =>
    path.endsWith('/removals') || count === 1 ? OK : FULL,
  );
  const [had, waiting, refused] = [makeChallenge(), makeChallenge(), makeChallenge()];
  set(had.token, had.keyAuthorization);
  await seen(1);
  set(waiting.token, waiting.keyAuthorization);
  set(refused.token, refused.keyAuthorization);
  await seen(2);
  set(had.token, null);
  set(refused.token, null);
  await seen(4);
  const removals = requests.filter((request) => request.includes('/removals'));
  expect(removals).toEqual([`/v1/challenges/removals ${had.token}`]);
});

test.for([[['web2', 'web3']], [['web3', 'web2']]] as const)(
  'a peer whose request never ends keeps no other waiting: not even until a timer (%s)',
  async ([peers]) => {
    const { requests, set } = loopsWith(peers, async (_path, _count, peer) =>
      peer === 'web3' ? await new Promise<never>(() => {}) : OK,
    );
    const toWeb2 = () => requests.filter((request) => request.startsWith('web2 '));
    const { token, keyAuthorization } = makeChallenge();
    for (const [count, value] of [keyAuthorization, null, keyAuthorization, null].entries()) {
      set(token, value);
      // Turns of the event loop, and no time: nothing but the answer may be waited for.
      for (let turn = 0; turn < 10 && toWeb2().length === count; turn += 1) await aTurn();
      expect(toWeb2()).toHaveLength(count + 1);
    }
    expect(requests.filter((request) => request.startsWith('web3 '))).toEqual([
      `web3 /v1/challenges ${token}`,
    ]);
  },
);

test('sixty tokens one after another wait for nothing but the peer', async () => {
  const { requests, set, seen } = loopWith(async () => OK);
  for (const { token, keyAuthorization } of makeChallenges(60)) {
    const before = requests.length;
    set(token, keyAuthorization);
    await seen(before + 1);
    set(token, null);
    // Turns of the event loop, and no time: no timer may be waited for.
    for (let turn = 0; turn < 20 && requests.length < before + 2; turn += 1) await aTurn();
    expect(requests).toHaveLength(before + 2);
  }
});

test('a token that changes without end costs the peer 200 requests at once, and 100 a second after that', async () => {
  const { token, keyAuthorization } = makeChallenge();
  const { requests, set } = loopWith(async () => {
    setImmediate(() =>
      set(token, `${keyAuthorization.slice(0, -4)}${String(requests.length).padStart(4, '0')}`),
    );
    return OK;
  });
  set(token, keyAuthorization);
  const startedMs = performance.now();
  await eventually(async () => requests.length >= 202, { timeoutMs: 5_000, what: 'the burst to be over' });
  await aTurn();
  const seconds = (performance.now() - startedMs) / 1000;
  expect(requests.length).toBeLessThanOrEqual(202 + 100 * seconds);
});
