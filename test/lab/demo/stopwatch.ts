export interface Lap {
  readonly step: string;
  readonly ms: number;
  /** It went on during another one and does not count in the total. */
  readonly isWithin: boolean;
}

/** How long each step took: each ends where the next begins. */
export interface Stopwatch {
  /** Ends a step now. */
  lap(step: string): void;
  /** A step within the current one, behind which it is listed. */
  within<T>(step: string, run: () => Promise<T>): Promise<T>;
  readonly laps: readonly Lap[];
}

export function startStopwatch(): Stopwatch {
  const laps: Lap[] = [];
  const within: Lap[] = [];
  let lapStartedMs = performance.now();
  return {
    laps,
    lap(step) {
      const now = performance.now();
      laps.push({ step, ms: now - lapStartedMs, isWithin: false }, ...within.splice(0));
      lapStartedMs = now;
    },
    async within(step, run) {
      const startedMs = performance.now();
      const result = await run();
      within.push({ step, ms: performance.now() - startedMs, isWithin: true });
      return result;
    },
  };
}
