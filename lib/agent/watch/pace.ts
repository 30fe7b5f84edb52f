import { pause } from '../../system/pause.ts';

export interface PaceOptions {
  /** how many may come at once */
  readonly burst: number;
  /** how many a second after that */
  readonly perSecond: number;
}

/** Keeps one who does something again and again to a pace. Who keeps below it does not wait, and no timer runs. */
export function createPace(options: PaceOptions): (signal: AbortSignal) => Promise<void> {
  const waitOf = createPaces(options);
  return async (signal) => {
    const waitMs = waitOf('');
    if (waitMs > 0) await pause(waitMs, signal);
  };
}

/** Above this number, those who keep below their pace are forgotten. */
const MAX_KEPT = 1_000;

/** A pace for each key. @returns what takes the key's next turn, and gives the milliseconds until then */
export function createPaces({ burst, perSecond }: PaceOptions): (key: string) => number {
  const gapMs = 1000 / perSecond;
  /** when all that was done would have been done, had it come at that pace */
  const untilMs = new Map<string, number>();
  let forgetAt = MAX_KEPT;

  function forget(nowMs: number): void {
    for (const [key, ms] of untilMs) if (ms <= nowMs) untilMs.delete(key);
    forgetAt = Math.max(MAX_KEPT, 2 * untilMs.size);
  }

  return (key) => {
    const nowMs = performance.now();
    if (untilMs.size >= forgetAt) forget(nowMs);
    const ms = Math.max(nowMs, untilMs.get(key) ?? 0) + gapMs;
    untilMs.set(key, ms);
    return Math.max(0, ms - nowMs - burst * gapMs);
  };
}
