/** The clock, in milliseconds, that never goes back. */
export type Clock = () => number;

/** Lets at most so many begin within any span of so many milliseconds. */
export function createRate(max: number, spanMs: number, now: Clock): () => boolean {
  const begun: number[] = [];
  return () => {
    const at = now();
    const [oldest] = begun;
    if (begun.length >= max && oldest !== undefined && at - oldest < spanMs) return false;
    begun.push(at);
    if (begun.length > max) begun.shift();
    return true;
  };
}

/** What requests from one peer, or to it, may write into the log of events. */
export const EVENTS_OF_A_PEER = { atMost: 60, withinMs: 600_000 };

/** More than a cluster has nodes. */
const MAX_RATES = 100;

/** The same for each of several, by name. What comes when there are a hundred has one rate. */
export function createRates(max: number, spanMs: number, now: Clock): (name: string) => boolean {
  const rates = new Map<string, () => boolean>();
  return (name) => {
    const key = rates.has(name) || rates.size < MAX_RATES ? name : '';
    const rate = rates.get(key) ?? createRate(max, spanMs, now);
    rates.set(key, rate);
    return rate();
  };
}

/** Remembers something of words for a time, the newest so many of them. */
export interface Remembered<T> {
  readonly get: (word: string) => T | null;
  readonly add: (word: string, what: T) => void;
  readonly forget: (word: string) => void;
}

export function createRemembered<T>(max: number, spanMs: number, now: Clock): Remembered<T> {
  // In the order of their times: each is put at the end.
  const known = new Map<string, { readonly what: T; readonly untilMs: number }>();
  return {
    get: (word) => {
      const one = known.get(word);
      return one !== undefined && one.untilMs > now() ? one.what : null;
    },
    add: (word, what) => {
      known.delete(word);
      known.set(word, { what, untilMs: now() + spanMs });
      for (const [oldest, { untilMs }] of known) {
        if (known.size <= max && untilMs > now()) break;
        known.delete(oldest);
      }
    },
    forget: (word) => void known.delete(word),
  };
}
