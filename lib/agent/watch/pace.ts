import { pause } from '../../system/pause.ts';

export interface PaceOptions {
  /** how many may come at once */
  readonly burst: number;
  /** how many a second after that */
  readonly perSecond: number;
}

/** Keeps one who does something again and again to a pace. Who keeps below it does not wait, and no timer runs. */
export function createPace({ burst, perSecond }: PaceOptions): (signal: AbortSignal) => Promise<void> {
  let room = burst;
  let atMs = performance.now();
  return async (signal) => {
    const nowMs = performance.now();
    room = Math.min(burst, room + ((nowMs - atMs) / 1000) * perSecond) - 1;
    atMs = nowMs;
    if (room < 0) await pause((-room / perSecond) * 1000, signal);
  };
}
