import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import type { Abilities } from '../../lib/cluster/abilities.ts';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import type { Transport } from '../../lib/transports/transport.ts';
import { makeChallenge, makeChallenges } from './made-up-challenge.ts';
import { expect, test } from './temporary.ts';

/** A transport and the peers it can be tried on. */
export interface TransportUnderTest {
  readonly transport: Transport;
  /** as self is, which writes its own files */
  readonly self: ClusterNode;
  readonly peer: ClusterNode;
  /** nothing listens there, and what is said of it; null where no peer is asked */
  readonly down: {
    readonly transport: Transport;
    readonly peer: ClusterNode;
    readonly reason: RegExp;
  } | null;
  /** accepts connections and never says a word */
  readonly hanging: { readonly transport: Transport; readonly peer: ClusterNode } | null;
  /** what rooms that never open it rely on */
  readonly abilities: Abilities;
  /** what no process may show in its arguments or environment */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

const long = () => AbortSignal.timeout(15_000);

/** What every transport keeps to (lib/transports/transport.ts). */
export function describeTransport(
  name: string,
  create: (directory: string) => Promise<TransportUnderTest>,
): void {
  const setUp = async (directory: string) => {
    const under = await create(directory);
    onTestFinished(async () => await under.close());
    const present = async (challenges: Parameters<Transport['present']>[1]) => {
      await createWebroot(under.self.webroot).write(challenges);
      return await under.transport.present(under.peer, challenges, long());
    };
    const there = join(under.peer.webroot, '.well-known/acme-challenge');
    return { ...under, present, there };
  };

  describe(`the transport ${name}`, () => {
    test('can do what is relied on', async ({ directory }) => {
      const { transport, abilities } = await setUp(directory);
      expect(transport.abilities).toEqual(abilities);
    });

    test('presents every challenge of a batch whole and readable, and nothing else', async ({
      directory,
    }) => {
      const { present, there } = await setUp(directory);
      const challenges = makeChallenges(25);
      expect(await present(challenges)).toEqual({ isOk: true });
      expect((await readdir(there)).toSorted()).toEqual(challenges.map(({ token }) => token).toSorted());
      for (const { token, keyAuthorization } of challenges) {
        expect(await readFile(join(there, token), 'utf8')).toBe(keyAuthorization);
        expect(((await stat(join(there, token))).mode & 0o7777).toString(8)).toBe('644');
      }
    });

    test('may present the same twice', async ({ directory }) => {
      const { present, there } = await setUp(directory);
      const challenge = makeChallenge();
      expect(await present([challenge])).toEqual({ isOk: true });
      expect(await present([challenge])).toEqual({ isOk: true });
      expect(await readdir(there)).toEqual([challenge.token]);
    });

    test('removes the listed tokens alone', async ({ directory }) => {
      const { transport, self, peer, present, there } = await setUp(directory);
      const [gone, alsoGone, kept] = [makeChallenge(), makeChallenge(), makeChallenge()];
      expect(await present([gone, alsoGone, kept])).toEqual({ isOk: true });
      const tokens = [gone.token, alsoGone.token];
      await createWebroot(self.webroot).remove(tokens);
      expect(await transport.cleanUp(peer, tokens, long())).toEqual({ isOk: true });
      expect(await readdir(there)).toEqual([kept.token]);
    });

    test('may remove what is not there, on a peer it has not spoken to yet', async ({ directory }) => {
      const { transport, peer, there } = await setUp(directory);
      expect(await transport.cleanUp(peer, [makeChallenge().token], long())).toEqual({ isOk: true });
      expect(await readdir(there)).toEqual([]);
    });

    test('says soon and clearly that a peer is down', async ({ directory, skip }) => {
      const { down } = await setUp(directory);
      if (!down) return skip(`${name}: no peer is asked, so none can be down`);
      const startedMs = performance.now();
      const presented = await down.transport.present(down.peer, [makeChallenge()], long());
      const cleaned = await down.transport.cleanUp(down.peer, [makeChallenge().token], long());
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      for (const outcome of [presented, cleaned]) {
        expect(outcome).toEqual({ isOk: false, reason: expect.stringMatching(down.reason) });
      }
    });

    test('ends a call to a peer that never answers when the signal aborts', async ({ directory, skip }) => {
      const { hanging } = await setUp(directory);
      if (!hanging) return skip(`${name}: no peer is asked, so none can hang`);
      const startedMs = performance.now();
      const signal = AbortSignal.timeout(500);
      const [presented, cleaned] = await Promise.all([
        hanging.transport.present(hanging.peer, [makeChallenge()], signal),
        hanging.transport.cleanUp(hanging.peer, [makeChallenge().token], signal),
      ]);
      expect(performance.now() - startedMs).toBeLessThan(2_500);
      for (const outcome of [presented, cleaned]) {
        expect(outcome).toEqual({ isOk: false, reason: expect.stringMatching(/in time|the time was over/) });
      }
    });

    test('shows no key in the list of processes', async ({ directory, skip }) => {
      const { hanging, secrets } = await setUp(directory);
      if (!hanging) return skip(`${name}: nothing is sent, so no key is used`);
      const controller = new AbortController();
      const calling = hanging.transport.present(hanging.peer, [makeChallenge()], controller.signal);
      const shown = await processList();
      controller.abort();
      await calling;
      expect(shown.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(shown.filter((line) => line.includes(secret))).toEqual([]);
    });
  });
}

/** Arguments and environment of every process that can be seen, a moment after now. */
async function processList(): Promise<readonly string[]> {
  const shown: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const pids = (await readdir('/proc')).filter(
      (entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid,
    );
    for (const file of pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])) {
      shown.push(await readFile(file, 'utf8').catch(() => '')); // ended meanwhile, or another user's
    }
  }
  return shown.filter((line) => line !== '');
}
