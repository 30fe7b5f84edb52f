import { pause } from '../system/pause.ts';
import { watchDirectory, type Watch, type WatchOptions } from '../system/watch-directory.ts';

export interface StayOptions extends WatchOptions {
  /** where the markers come */
  readonly markers: string;
  /** installs what is there */
  readonly run: () => Promise<unknown>;
  /** whether there is still something to stay for */
  readonly isExpecting: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** No watcher survives everything, and nothing rests on it. */
const LOOK_AT_LEAST_EVERY_MS = 10_000;
/** Where nothing can be watched: a limit of inotify's is reached, or what is to be watched is away. */
const LOOK_BLINDLY_EVERY_MS = 1_000;
/** Whoever can write there must not keep this host busy. */
const REST_MS = 20;

/** Installs what is there and what comes, until nothing is expected any more or the signal aborts. */
export async function stayInstalling({ run, isExpecting, signal, ...watched }: StayOptions): Promise<void> {
  // Asked before each run: what is activated meanwhile has been expected, or is found by this run.
  let isDue = await isExpecting();
  // What has brought this program about is not kept waiting for a watcher.
  await run();
  while (isDue && !signal.aborted) {
    // Watched before it is looked, so that nothing comes in between; and anew each time, since what
    // lies there may have been put in place of what was watched.
    const watch = await watchDirectory(watched.markers, watched);
    try {
      isDue = await isExpecting();
      await run();
      if (!isDue) return;
      await untilChanged(watch, signal);
    } finally {
      await watch.close();
    }
    await pause(REST_MS, signal);
  }
}

async function untilChanged({ changed, isBlind }: Watch, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const longestMs = isBlind ? LOOK_BLINDLY_EVERY_MS : LOOK_AT_LEAST_EVERY_MS;
  await Promise.race([changed, pause(longestMs, AbortSignal.any([signal, over.signal]))]);
  over.abort();
}
