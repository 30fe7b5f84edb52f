import { once } from 'node:events';
import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StayOptions {
  /** where the markers come */
  readonly markers: string;
  /** installs what is there */
  readonly run: () => Promise<unknown>;
  /** whether there is still something to stay for */
  readonly isExpecting: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** A network file system tells this host nothing of what others change in it. */
const LOOK_AT_LEAST_EVERY_MS = 10_000;
/** Where nothing can be watched: a limit of inotify's is reached, or the directory is gone for a moment. */
const LOOK_BLINDLY_EVERY_MS = 1_000;
/** Whoever can write there must not keep this host busy. */
const REST_MS = 20;

/** Installs what is there and what comes, until nothing is expected any more or the signal aborts. */
export async function stayInstalling({ markers, run, isExpecting, signal }: StayOptions): Promise<void> {
  while (!signal.aborted) {
    // Watched before it is looked, so that nothing comes in between; and anew each time, since what
    // lies there may have been put in place of what was watched.
    const watcher = watchIfPossible(markers);
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const change = watcher ? once(watcher, 'change', { signal: either }) : null;
    change?.catch(() => undefined); // an abort, or a watcher that has gone blind: looked at all the same
    try {
      await run();
      if (!(await isExpecting())) return;
      const longest = sleep(watcher ? LOOK_AT_LEAST_EVERY_MS : LOOK_BLINDLY_EVERY_MS, undefined, {
        signal: either,
      });
      await Promise.race([change, longest].filter((waiting) => waiting !== null)).catch(() => undefined); // looked at above
    } finally {
      over.abort();
      watcher?.close();
    }
    await sleep(REST_MS);
  }
}

function watchIfPossible(directory: string): FSWatcher | null {
  try {
    // What it says of its own end is of no interest: what it would have told is looked for all the same.
    return watch(directory).on('error', () => undefined);
  } catch {
    return null; // it is looked at again and again then
  }
}
