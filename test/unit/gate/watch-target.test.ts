// @module-tag slow
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import type { ProbeResult } from '../../../lib/gate/probe.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { createNews, type News } from '../../../lib/gate/news.ts';
import type { Pace } from '../../../lib/gate/watched.ts';
import { watchTarget } from '../../../lib/gate/watch-target.ts';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import type { Finding } from '../../../lib/findings/register.ts';

const HELD: ProbeResult = { state: 'served' };
const NODE = { kind: 'node', name: 'web2', address: '127.0.0.2', node: {} } as unknown as Target;
const VIP = { kind: 'vip', name: 'vip', address: '127.0.0.9', node: null } as unknown as Target;

interface Watching {
  readonly target?: Target;
  readonly subjects?: readonly string[];
  /** the n-th look, from 1, at a subject */
  readonly look: (count: number, subject: string) => ProbeResult;
  readonly push?: (count: number) => Outcome | Promise<Outcome>;
  readonly forMs?: number;
  /** that a push is tried again for where its target serves without; default 100 */
  readonly graceMs?: number;
  readonly news?: News;
  readonly pace?: Pace;
}

/** Watches to the end and tells what was seen, and when the looks and pushes were, from the first one on. */
async function watch({
  target = NODE,
  subjects = ['a.test'],
  look,
  push,
  forMs = 5_000,
  graceMs = 100,
  news,
  pace,
}: Watching) {
  const looksMs: number[] = [];
  const pushesMs: number[] = [];
  const counts = new Map<string, number>();
  const startedMs = performance.now();
  const signal = AbortSignal.timeout(forMs);
  const seen = [];
  const watching = watchTarget<string>({
    target,
    subjects,
    nameOf: (subject) => subject,
    signal,
    until: signal,
    limit: pLimit(32),
    perTarget: 8,
    graceMs,
    news: news ?? createNews(),
    ...(pace && { pace }),
    probe: async (_, subject) => {
      looksMs.push(performance.now() - startedMs);
      const count = (counts.get(subject) ?? 0) + 1;
      counts.set(subject, count);
      return look(count, subject);
    },
    ...(push && {
      push: async () => {
        pushesMs.push(performance.now() - startedMs);
        return await push(pushesMs.length);
      },
    }),
  });
  for await (const one of watching) seen.push(one);
  return { seen, looksMs, pushesMs, counts, elapsedMs: performance.now() - startedMs };
}

const NOT_FOUND: Finding = { code: 'token-not-found', server: 'nginx', origin: null };
const FAILING: ProbeResult = { state: 'failing', reason: NOT_FOUND };
const attempt = (code: 'connection-refused' | 'no-route-to-host', who: 'node' | 'agent') =>
  ({ code, who, port: who === 'agent' ? 9480 : 80, error: 'CODE' }) satisfies Finding;
const REFUSED: ProbeResult = { state: 'silent', reason: attempt('connection-refused', 'node') };

describe.concurrent('looking', () => {
  test(
    'starts at once, again after 20 ms, then with growing pauses of at most 1 s',
    {
      timeout: 30_000,
    },
    async () => {
      // The pause after the twenty-ninth look is the first that would be longer.
      const { looksMs } = await watch({ look: (count) => (count < 31 ? FAILING : HELD), forMs: 30_000 });
      const pauses = looksMs.slice(1).map((time, index) => time - (looksMs[index] ?? 0));
      // Upper bounds are loose: the machine may be busy.
      expect(looksMs[0]).toBeLessThan(500);
      expect(pauses[0]).toBeLessThan(500);
      for (const [index, pause] of pauses.entries()) {
        expect(pause).toBeGreaterThanOrEqual(Math.min(950, 18 * 1.15 ** index));
        expect(pause).toBeLessThan(1_800);
      }
      expect(pauses).toHaveLength(30);
    },
  );

  test('ends as soon as everything has been seen', async () => {
    const { seen } = await watch({ look: (count) => (count === 3 ? HELD : FAILING) });
    expect(seen).toEqual([
      { state: 'failing', attempts: 1, missing: ['a.test'], reason: NOT_FOUND, unsent: null },
      { state: 'failing', attempts: 2, missing: ['a.test'], reason: NOT_FOUND, unsent: null },
      { state: 'served', attempts: 3, missing: [], reason: null, unsent: null },
    ]);
  });

  test('looks again only for what has not been seen yet', async () => {
    const { seen, counts } = await watch({
      subjects: ['a', 'b', 'c'],
      look: (count, subject) => (subject === 'b' && count < 3 ? FAILING : HELD),
    });
    expect(Object.fromEntries(counts)).toEqual({ a: 1, b: 3, c: 1 });
    expect(seen.map(({ missing }) => missing)).toEqual([['b'], ['b'], []]);
  });

  test('asks for one alone where nothing answers', async () => {
    const { counts, seen } = await watch({
      subjects: ['a', 'b', 'c'],
      look: () => REFUSED,
      forMs: 100,
    });
    expect([...counts.keys()]).toEqual(['a']);
    expect(seen.at(-1)).toMatchObject({
      state: 'silent',
      missing: ['a', 'b', 'c'],
      reason: attempt('connection-refused', 'node'),
    });
  });

  test('ends when the time is over, with the last reason', async () => {
    const { seen, elapsedMs } = await watch({
      look: (count) => ({ state: 'failing', reason: { code: 'too-many-redirects', max: count } }),
      forMs: 300,
    });
    expect(elapsedMs).toBeLessThan(2_000);
    expect(seen.at(-1)?.reason).toEqual({ code: 'too-many-redirects', max: seen.length });
  });

  test('is woken by news of another target for a VIP alone', async () => {
    for (const [target, isWoken] of [
      [VIP, true],
      [NODE, false],
    ] as const) {
      const news = createNews();
      const happened: string[] = [];
      await watch({
        target,
        news,
        // The pause after the twentieth probe is 285 ms.
        look: (count) => {
          if (count === 20) {
            setTimeout(() => {
              happened.push('told');
              news.tell();
              setImmediate(() => happened.push('a turn later'));
            }, 5);
          }
          if (count <= 20) return FAILING;
          happened.push('looked');
          return HELD;
        },
      });
      // Whoever is not woken looks at the end of the pause, many turns of the event loop later.
      expect(happened.slice(0, 2)).toEqual(['told', isWoken ? 'looked' : 'a turn later']);
    }
  });
});

describe.concurrent('pushing', () => {
  test('comes before the first look, and once where all is well', async () => {
    const { pushesMs, looksMs } = await watch({
      look: (count) => (count > 3 ? HELD : FAILING),
      push: () => OK,
    });
    expect(pushesMs).toHaveLength(1);
    expect(pushesMs[0]).toBeLessThanOrEqual(looksMs[0] ?? 0);
  });

  test('that takes its time is waited for, and the look comes as soon as it is acknowledged', async () => {
    const happened: string[] = [];
    const { seen } = await watch({
      // Who looked at the next turn of a schedule would not look before the end.
      pace: { firstMs: 60_000, maxMs: 60_000, growth: 1 },
      push: async () =>
        await new Promise((resolve) => {
          happened.push('pushed');
          setTimeout(() => {
            happened.push('acknowledged');
            resolve(OK);
            setTimeout(() => happened.push('a moment later'), 20);
          }, 300);
        }),
      look: () => {
        happened.push('looked');
        return HELD;
      },
    });
    expect(happened).toEqual(['pushed', 'acknowledged', 'looked']);
    expect(seen).toMatchObject([{ state: 'served', attempts: 1 }]);
  });

  test('is repeated before each look until a peer that comes back takes it', async () => {
    const { seen, pushesMs } = await watch({
      push: (count) => (count < 4 ? failure(attempt('connection-refused', 'agent')) : OK),
      look: (count) => (count < 4 ? REFUSED : HELD),
    });
    expect(pushesMs).toHaveLength(4);
    expect(seen.at(-1)).toMatchObject({ state: 'served', attempts: 4 });
    expect(seen[0]).toMatchObject({
      unsent: attempt('connection-refused', 'agent'),
      reason: attempt('connection-refused', 'node'),
    });
  });

  test('that fails as the look does is no reason of its own, since the host is away', async () => {
    const { seen } = await watch({
      push: () => failure(attempt('no-route-to-host', 'agent')),
      look: () => ({ state: 'silent', reason: attempt('no-route-to-host', 'node') }),
      forMs: 100,
    });
    expect(seen.at(-1)).toMatchObject({ unsent: null, reason: attempt('no-route-to-host', 'node') });
  });

  test('is repeated after a second for a peer that took it and does not serve it', async () => {
    const { pushesMs } = await watch({ push: () => OK, look: () => FAILING, forMs: 2_600 });
    expect(pushesMs.length).toBeGreaterThanOrEqual(2);
    expect(pushesMs.length).toBeLessThanOrEqual(3);
    expect((pushesMs[1] ?? 0) - (pushesMs[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('that fails does not hide that the target serves it, and is told', async () => {
    const unsent = { code: 'agent-silent' } as const;
    const { seen, pushesMs } = await watch({
      push: () => failure(unsent),
      look: () => HELD,
    });
    expect(seen).toEqual([{ state: 'served', attempts: 1, missing: [], reason: null, unsent }]);
    expect(pushesMs.length).toBeGreaterThan(1);
  });

  test('goes on for a moment where the target serves what it was not sent', async () => {
    const push = (count: number) => (count < 3 ? failure({ code: 'agent-silent' }) : OK);
    const { seen, pushesMs } = await watch({ push, look: () => HELD, graceMs: 5_000 });
    const served = { state: 'served', attempts: 1, missing: [], reason: null };
    expect(seen).toEqual([
      { ...served, unsent: { code: 'agent-silent' } },
      { ...served, unsent: null },
    ]);
    expect(pushesMs).toHaveLength(3);
  });
});

test('a target whose push takes long is looked at meanwhile, since whoever answers has to serve', async () => {
  const happened: string[] = [];
  const { seen } = await watch({
    look: (count) => {
      happened.push('looked');
      return count === 1 ? FAILING : HELD;
    },
    push: async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 1_500);
      });
      happened.push('pushed');
      return OK;
    },
  });
  expect(seen.map(({ state }) => state)).toEqual(['failing', 'served']);
  expect(happened).toEqual(['looked', 'pushed', 'looked']);
});
