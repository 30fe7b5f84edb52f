import { once } from 'node:events';
import { watch } from 'node:fs';
import { within } from '../process/within.ts';

export interface StayOptions {
  /** where the markers come; it must exist */
  readonly markers: string;
  /** installs what is there */
  readonly run: () => Promise<unknown>;
  /** whether there is still something to stay for */
  readonly isExpecting: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** A network file system tells this host nothing of what others change in it. */
const LOOK_AT_LEAST_EVERY_MS = 10_000;

/** Installs what is there and what comes, until nothing is expected any more or the signal aborts. */
export async function stayInstalling({ markers, run, isExpecting, signal }: StayOptions): Promise<void> {
  const watcher = watch(markers);
  try {
    while (!signal.aborted) {
      // Listened to before it is looked, so that nothing comes in between.
      const change = once(watcher, 'change', { signal: within(signal, LOOK_AT_LEAST_EVERY_MS) });
      change.catch(() => undefined); // dealt with below, or of no interest
      await run();
      if (!(await isExpecting())) return;
      await change.catch((error: unknown) => {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      });
    }
  } finally {
    watcher.close();
  }
}
