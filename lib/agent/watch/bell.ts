/** Wakes one that waits. */
export interface Bell {
  ring(): void;
  /** Resolves when it was rung since the last time, when the signal has aborted, or after the time, in milliseconds. */
  heard(atMostMs?: number): Promise<void>;
}

/** Rings as well when the signal aborts. Without a time, no timer runs. */
export function createBell(signal: AbortSignal): Bell {
  let isRung = false;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    ring: () => {
      isRung = true;
      wake();
    },
    heard: async (atMostMs) => {
      if (!isRung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = atMostMs === undefined ? undefined : setTimeout(resolve, atMostMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = () => {};
      isRung = false;
    },
  };
}
