import { describe, expect, test } from 'vitest';
import { newsFor as newsOf, type Seen, type Trouble } from '../../../lib/notify/news.ts';
import { fittingJson } from '../../../lib/notify/text.ts';
import type { KnownTrouble, Told } from '../../../lib/state/notified.ts';

const newsFor = (before: Told, now: Seen, nowMs: number) => newsOf(before, now, nowMs, fittingJson);
const NOW = Date.parse('2027-03-01T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (ms: number) => new Date(NOW + ms).toISOString();

const trouble = (key: string): Trouble => ({ key, who: key, code: 'agent-silent', message: `about ${key}` });
const seen = (...keys: readonly string[]): Seen => ({
  troubles: keys.map(trouble),
  elsewhere: new Set(),
  isBlind: false,
});
const known = (key: string, rest: Partial<KnownTrouble> = {}): KnownTrouble => {
  const { who, code, message } = trouble(key);
  return { who, code, message, since: at(-HOUR), seen: 2, gone: 0, told: at(-HOUR), ...rest };
};
const told = (troubles: Told['troubles'], sent: readonly string[] = []): Told => ({ troubles, sent });
const pending = (key: string) => known(key, { told: null });

/** By the keys, which are what `who` says here. */
function toldOf(before: Told, now: Seen): Readonly<Record<'fresh' | 'ongoing' | 'over', string>> | null {
  const { news } = newsFor(before, now, NOW);
  const names = (list: readonly KnownTrouble[]) => list.map(({ who }) => who).join();
  return news && { fresh: names(news.fresh), ongoing: names(news.ongoing), over: names(news.over) };
}

const news = (rest: Partial<Readonly<Record<'fresh' | 'ongoing' | 'over', string>>>) => ({
  ...{ fresh: '', ongoing: '', over: '' },
  ...rest,
});

describe('a receiver is told', () => {
  test.for<readonly [string, Told, Seen, ReturnType<typeof toldOf>]>([
    ['nothing where nothing is', told({}), seen(), null],
    ['nothing of what one run has seen', told({}), seen('a'), null],
    [
      'what a second run has seen',
      told({ a: known('a', { seen: 1, told: null }) }),
      seen('a'),
      news({ fresh: 'a' }),
    ],
    ['what it did not take the last time', told({ a: pending('a') }), seen('a'), news({ fresh: 'a' })],
    ['nothing of what has gone untold', told({ a: pending('a') }), seen(), null],
    ['nothing twice', told({ a: known('a') }), seen('a'), null],
    ['nothing again within a day', told({ a: known('a', { told: at(1 - 24 * HOUR) }) }), seen('a'), null],
    [
      'what lasts, after a day',
      told({ a: known('a', { told: at(-24 * HOUR) }), b: known('b') }),
      seen('a', 'b'),
      news({ ongoing: 'a' }),
    ],
    ['nothing of what one run has missed', told({ a: known('a') }), seen(), null],
    ['what two runs have missed', told({ a: known('a', { gone: 1 }) }), seen(), news({ over: 'a' })],
    ['nothing of what is back after one run', told({ a: known('a', { gone: 1 }) }), seen('a'), null],
    [
      'all news in one message',
      told({
        a: known('a', { gone: 1 }),
        b: known('b', { seen: 1, told: null }),
        c: known('c', { told: at(-25 * HOUR) }),
      }),
      seen('b', 'c'),
      news({ fresh: 'b', ongoing: 'c', over: 'a' }),
    ],
    [
      'nothing of what another node tells of from now on',
      told({ a: known('a', { gone: 1 }), b: pending('b') }),
      { ...seen(), elsewhere: new Set(['a', 'b']) },
      null,
    ],
    [
      'nothing over while it cannot be looked at',
      told({ a: known('a', { gone: 1 }) }),
      { ...seen(), isBlind: true },
      null,
    ],
    [
      'nothing over of what could not be seen',
      told({ a: known('a', { gone: 1 }), b: known('b', { gone: 1 }) }),
      { ...seen(), unseen: { is: (key) => key === 'a', isOurs: true } },
      news({ over: 'b' }),
    ],
    [
      'nothing at all of it where another node is to tell of it',
      told({ a: known('a', { gone: 1 }) }),
      { ...seen(), unseen: { is: () => true, isOurs: false } },
      null,
    ],
    [
      'no seventh message within an hour',
      told(
        { a: pending('a') },
        [-59, -50, -40, -30, -20, -10].map((minutes) => at(minutes * MINUTE)),
      ),
      seen('a'),
      null,
    ],
    [
      'a seventh after it',
      told(
        { a: pending('a') },
        [-60, -50, -40, -30, -20, -10].map((minutes) => at(minutes * MINUTE)),
      ),
      seen('a'),
      news({ fresh: 'a' }),
    ],
    [
      'again where a clock that was far ahead has been set right',
      told(
        { a: known('a', { told: at(48 * HOUR) }) },
        Array.from({ length: 6 }, () => at(48 * HOUR)),
      ),
      seen('a'),
      news({ ongoing: 'a' }),
    ],
  ])('%s', ([, before, now, expected]) => {
    expect(toldOf(before, now)).toEqual(expected);
  });
});

describe('it is remembered', () => {
  test('what was taken, and when', () => {
    const before = told({ a: known('a', { gone: 1 }), b: pending('b') }, [at(-2 * HOUR), at(-MINUTE)]);
    const { ifTaken } = newsFor(before, seen('b'), NOW);
    expect(ifTaken).toEqual(told({ b: known('b', { told: at(0) }) }, [at(-MINUTE), at(0)]));
    expect(newsFor(ifTaken, seen('b'), NOW).news).toBeNull();
  });

  test('what was not, so that it comes again', () => {
    const before = told({ a: known('a', { gone: 1 }), b: pending('b') });
    const first = newsFor(before, seen('b'), NOW);
    const second = newsFor(first.ifNot, seen('b'), NOW + 5 * MINUTE);
    expect(second.news).toEqual(first.news);
    expect(second.news).not.toBeNull();
  });

  test('what could not be seen, as it was, by the one that tells alone', () => {
    const before = told({ a: known('a', { gone: 1 }) });
    const left = (isOurs: boolean) =>
      newsFor(before, { ...seen(), unseen: { is: () => true, isOurs } }, NOW).ifNot.troubles;
    expect(left(true)).toEqual(before.troubles);
    expect(left(false)).toEqual({});
  });

  test('that somebody was asked who did not take it, and may have acted', () => {
    let state = told({ a: pending('a') });
    const asked = Array.from({ length: 13 }, (_, run) => {
      const { news: some, ifNot } = newsFor(state, seen('a'), NOW + run * 5 * MINUTE);
      state = ifNot;
      return some === null ? '-' : 'x';
    });
    expect(asked.join('')).toBe('xxxxxx------x');
  });

  test('of very many only those that are in the message; the others come with the next', () => {
    const keys = Array.from({ length: 250 }, (_, index) => `k${index}`);
    const over = Object.fromEntries(
      keys.slice(0, 50).map((key) => [`gone ${key}`, known(`gone ${key}`, { gone: 1 })]),
    );
    let state = told({ ...over, ...Object.fromEntries(keys.map((key) => [key, pending(key)])) });
    const heard = [0, 1, 2, 3].map((run) => {
      const { news: some, ifTaken, ifNot } = newsFor(state, seen(...keys), NOW + run * 5 * MINUTE);
      state = some === null ? ifNot : ifTaken;
      return some && [some.fresh.length, some.over.length, some.left];
    });
    expect(heard).toEqual([[100, 0, 200], [100, 0, 100], [50, 50, 0], null]);
    expect(Object.keys(state.troubles)).toHaveLength(250);
  });

  test('what had no room and is over before its turn, which is told then', () => {
    const keys = Array.from({ length: 102 }, (_, index) => `k${index}`);
    const some = keys.slice(0, 100);
    let state = told(Object.fromEntries(keys.map((key) => [key, pending(key)])));
    const runs = [keys, some, [...some, 'k101'], some, some, some].map((there, run) => {
      const { news: one, ifTaken, ifNot } = newsFor(state, seen(...there), NOW + run * 5 * MINUTE);
      state = one === null ? ifNot : ifTaken;
      return one && [one.fresh.length, one.over.map(({ who }) => who).join(), one.left];
    });
    // k101 is back for a run, is told of then, and is over later; k100 never comes back.
    expect(runs).toEqual([[100, '', 2], null, [1, 'k100', 0], null, [0, 'k101', 0], null]);
    expect(Object.keys(state.troubles)).toEqual(some);
  });

  test('since when, and with the words of now', () => {
    const before = told({ a: pending('a') });
    const now = { ...seen(), troubles: [{ ...trouble('a'), message: 'other words' }] };
    expect(newsFor(before, now, NOW).news?.fresh).toEqual([
      { ...known('a', { told: null }), message: 'other words' },
    ]);
  });

  test('through a whole outage, run by run', () => {
    const runs = ['a', 'a', 'a', '', 'a', '', '', ''].map((key) => (key === '' ? seen() : seen(key)));
    let state = told({});
    const heard = runs.map((now, index) => {
      const { news: some, ifTaken, ifNot } = newsFor(state, now, NOW + index * 5 * MINUTE);
      state = some === null ? ifNot : ifTaken;
      return some === null ? '' : `${some.fresh.length} new, ${some.over.length} over`;
    });
    expect(heard).toEqual(['', '1 new, 0 over', '', '', '', '', '0 new, 1 over', '']);
    expect(state.troubles).toEqual({});
  });
});

test('a monitor hears of what two runs have seen, until two runs have missed it', () => {
  const runs = ['a', 'a', '', 'a', '', ''].map((key) => (key === '' ? seen() : seen(key)));
  let state = told({});
  const heard = runs.map((now, index) => {
    const { confirmed, ifTaken } = newsFor(state, now, NOW + index * 5 * MINUTE);
    state = ifTaken;
    return confirmed.length;
  });
  expect(heard).toEqual([0, 1, 1, 1, 1, 0]);
});
