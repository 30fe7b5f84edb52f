import { vi } from 'vitest';
import { webrootInTurn } from '../../../lib/agent/webroot-in-turn.ts';
import { createWebroot, type Webroot } from '../../../lib/challenge/webroot.ts';
import { inTurn } from '../../../lib/system/in-turn.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { expect, test } from '../../support/temporary.ts';

/** A file system in which nothing comes back until it is let. */
function hanging() {
  const calls: (() => void)[] = [];
  const hang = async () => await new Promise<never>((resolve) => void calls.push(resolve as () => void));
  const webroot = new Proxy({} as Webroot, {
    get: (_, name) => (name === 'directory' ? '/srv/webroot' : hang),
  });
  return { webroot, calls };
}

test('a webroot that hangs holds two threads, whoever asks for it, and the watch misses nothing', async () => {
  const { webroot, calls } = hanging();
  const turn = inTurn('/srv/webroot', { limitMs: 50, atOnce: 2 });
  const [forOthers, own] = [webrootInTurn(webroot, turn), webrootInTurn(webroot, turn, true)];
  const looks = [forOthers.read('a'), forOthers.check(), forOthers.read('b'), forOthers.check()];
  const [changed, seen] = [forOthers.write([]), own.read('c')];
  const silent = { status: 'rejected', reason: { findings: [{ code: 'file-system-silent' }] } };
  expect(await Promise.allSettled(looks)).toMatchObject(looks.map(() => silent));
  await expect(forOthers.list()).rejects.toMatchObject({ findings: [{ code: 'file-system-silent' }] });
  expect(calls).toHaveLength(2);
  for (const answer of calls) answer();
  await vi.waitFor(() => expect(calls).toHaveLength(4));
  for (const answer of calls.slice(2)) answer();
  expect(await Promise.all([changed, seen])).toEqual([undefined, undefined]);
});

test('a token is not removed before its write has come to its end, and another one is', async ({
  directory,
}) => {
  const bare = createWebroot(directory);
  await bare.check();
  const [late, other] = [makeChallenge(), makeChallenge()];
  await bare.write([other]);
  let goOn = () => {};
  const pause = new Promise<void>((resolve) => (goOn = resolve));
  const write: Webroot['write'] = async (challenges) => {
    await pause;
    await bare.write(challenges);
  };
  const turn = inTurn(directory, { limitMs: 50, atOnce: 2 });
  const webroot = webrootInTurn({ ...bare, write }, turn);
  const writing = webroot.write([late]);
  const removing = webroot.remove([late.token]);
  expect(await webroot.remove([other.token])).toEqual([other.token]);
  goOn();
  await writing;
  expect(await removing).toEqual([late.token]);
  expect(await webroot.list()).toEqual([]);
});

test('a removal behind a write that hangs is refused in its time, and holds no thread', async () => {
  vi.useFakeTimers();
  try {
    const { webroot, calls } = hanging();
    const inTurns = webrootInTurn(webroot, inTurn('/srv/webroot', { atOnce: 2 }));
    const challenge = makeChallenge();
    const both = Promise.allSettled([inTurns.write([challenge]), inTurns.remove([challenge.token])]);
    await vi.advanceTimersByTimeAsync(8_001);
    const silent = { status: 'rejected', reason: { findings: [{ code: 'file-system-silent' }] } };
    expect(await both).toMatchObject([silent, silent]);
    expect(calls).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
