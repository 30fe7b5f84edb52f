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

/** Remembers words for a time, the newest so many of them. */
export interface Remembered {
  readonly has: (word: string) => boolean;
  readonly add: (word: string) => void;
}

export function createRemembered(max: number, spanMs: number, now: Clock): Remembered {
  // In the order of their times: each is put at the end.
  const until = new Map<string, number>();
  return {
    has: (word) => (until.get(word) ?? -Infinity) > now(),
    add: (word) => {
      until.delete(word);
      until.set(word, now() + spanMs);
      for (const [oldest, endsAt] of until) {
        if (until.size <= max && endsAt > now()) break;
        until.delete(oldest);
      }
    },
  };
}
