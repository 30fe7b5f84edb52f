import { reasonIn } from './reason-in.ts';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, type TestContext } from 'vitest';
import type { Challenge } from '../../../lib/challenge/challenge.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { ChallengeAbilities } from '../../../lib/cluster/abilities.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Outcome } from '../../../lib/base/outcome.ts';
import type { Transport } from '../../../lib/transports/transport.ts';
import { makeChallenge, makeChallenges } from '../cluster/challenge.ts';
import { processesShow } from '../programs/processes.ts';
import { test } from '../temporary.ts';

/** A transport and the peers it can be tried on. */
export interface TransportUnderTest {
  readonly transport: Transport;
  /** what rooms that never open it rely on */
  readonly abilities: ChallengeAbilities;
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
  /** more challenges than it carries in one go; default: more than an agent takes in one request */
  readonly many?: number;
  /** what it carries comes soon after its answer, and need not be there at once; default false */
  readonly comesSoon?: boolean;
  /** what no process may show in its arguments or environment */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** What a case works with. */
interface World extends TransportUnderTest {
  readonly name: string;
  /** Writes self's own files too, as the hook does. */
  present(challenges: readonly Challenge[]): Promise<Outcome>;
  /** the peer's challenge directory */
  readonly there: string;
  /** Expects just these tokens there. */
  has(tokens: readonly string[]): Promise<void>;
  readonly skip: TestContext['skip'];
}

const long = () => AbortSignal.timeout(15_000);

/** What every transport keeps to (lib/transports/transport.ts), a sentence each. */
const CASES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'can do what is relied on': async ({ transport, abilities }) => {
    expect(transport.abilities).toEqual(abilities);
  },

  'presents and removes more challenges than it carries in one go': async ({
    transport,
    self,
    peer,
    present,
    has,
    comesSoon,
    many = 501,
    skip,
    name,
  }) => {
    if (comesSoon) return skip(`${name}: it is asked once, however many there are`);
    const challenges = makeChallenges(many);
    const tokens = challenges.map(({ token }) => token);
    expect(await present(challenges)).toEqual({ isOk: true });
    await has(tokens);
    await createWebroot(self.webroot).remove(tokens);
    expect(await transport.cleanUp(peer, tokens, long())).toEqual({ isOk: true });
    await has([]);
  },

  'presents every challenge of a batch whole and readable, and nothing else': async ({
    present,
    has,
    there,
  }) => {
    const challenges = makeChallenges(25);
    expect(await present(challenges)).toEqual({ isOk: true });
    await has(challenges.map(({ token }) => token));
    for (const { token, keyAuthorization } of challenges) {
      expect(await readFile(join(there, token), 'utf8')).toBe(keyAuthorization);
      expect(((await stat(join(there, token))).mode & 0o7777).toString(8)).toBe('644');
    }
  },

  'may present the same twice': async ({ present, has }) => {
    const challenge = makeChallenge();
    expect(await present([challenge])).toEqual({ isOk: true });
    expect(await present([challenge])).toEqual({ isOk: true });
    await has([challenge.token]);
  },

  'removes the listed tokens alone': async ({ transport, self, peer, present, has }) => {
    const [gone, alsoGone, kept] = [makeChallenge(), makeChallenge(), makeChallenge()];
    expect(await present([gone, alsoGone, kept])).toEqual({ isOk: true });
    await has([gone.token, alsoGone.token, kept.token]);
    const tokens = [gone.token, alsoGone.token];
    await createWebroot(self.webroot).remove(tokens);
    expect(await transport.cleanUp(peer, tokens, long())).toEqual({ isOk: true });
    await has([kept.token]);
  },

  'may remove what is not there, on a peer it has not spoken to yet': async ({ transport, peer, has }) => {
    expect(await transport.cleanUp(peer, [makeChallenge().token], long())).toEqual({ isOk: true });
    await has([]);
  },

  'says soon and clearly that a peer is down': async ({ down, skip, name }) => {
    if (!down) return skip(`${name}: no peer is asked, so none can be down`);
    const startedMs = performance.now();
    const presented = await down.transport.present(down.peer, [makeChallenge()], long());
    const cleaned = await down.transport.cleanUp(down.peer, [makeChallenge().token], long());
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    for (const outcome of [presented, cleaned]) {
      expect(reasonIn(outcome)).toMatch(down.reason);
    }
  },

  'ends a call to a peer that never answers when the signal aborts': async ({ hanging, skip, name }) => {
    if (!hanging) return skip(`${name}: no peer is asked, so none can hang`);
    const startedMs = performance.now();
    const signal = AbortSignal.timeout(500);
    const [presented, cleaned] = await Promise.all([
      hanging.transport.present(hanging.peer, [makeChallenge()], signal),
      hanging.transport.cleanUp(hanging.peer, [makeChallenge().token], signal),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    for (const outcome of [presented, cleaned]) {
      expect(reasonIn(outcome)).toMatch(/in time|the time was over/);
    }
  },

  'shows no key in the list of processes': async ({ hanging, secrets, skip, name }) => {
    if (!hanging) return skip(`${name}: nothing is sent, so no key is used`);
    const controller = new AbortController();
    const calling = hanging.transport.present(hanging.peer, [makeChallenge()], controller.signal);
    const shown = await processesShow();
    controller.abort();
    await calling;
    expect(shown.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(shown.filter((line) => line.includes(secret))).toEqual([]);
  },
};

/** Runs all cases on a transport. */
export function describeTransport(
  name: string,
  create: (directory: string) => Promise<TransportUnderTest>,
): void {
  describe(`the transport ${name}`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      test(title, async ({ directory, skip }) => {
        const under = await create(directory);
        onTestFinished(async () => await under.close());
        const present = async (challenges: readonly Challenge[]) => {
          await createWebroot(under.self.webroot).write(challenges);
          return await under.transport.present(under.peer, challenges, long());
        };
        const there = join(under.peer.webroot, '.well-known/acme-challenge');
        const has = async (tokens: readonly string[]) => {
          const names = async () => (await readdir(there)).toSorted();
          const wanted = tokens.toSorted();
          if (under.comesSoon) await expect.poll(names, { timeout: 10_000 }).toEqual(wanted);
          else expect(await names()).toEqual(wanted);
        };
        await check({ ...under, name, present, there, has, skip });
      });
    }
  });
}
