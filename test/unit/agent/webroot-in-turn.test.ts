import { expect, test, vi } from 'vitest';
import { webrootInTurn } from '../../../lib/agent/webroot-in-turn.ts';
import type { Webroot } from '../../../lib/challenge/webroot.ts';
import { inTurn } from '../../../lib/system/in-turn.ts';

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
