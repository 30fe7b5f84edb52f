import { once } from 'node:events';
import { pause } from './pause.ts';

/** A directory that is being watched. It may miss what happens there, so whoever waits looks now and then as well. */
export interface Watch {
  /** resolves at the first change since it is watched; never rejects, and perhaps never resolves */
  readonly changed: Promise<void>;
  /** whether it is known to see nothing, such as where a limit of inotify's is reached */
  readonly isBlind: boolean;
  close(): Promise<void>;
}

export interface WatchOptions {
  /** looks itself, since a network file system tells this host nothing of what others change in it */
  readonly isPolled: boolean;
}

/** A directory of markers is read in a moment; a file server may be away. */
const READY_WITHIN_MS = 2_000;
const POLL_EVERY_MS = 500;

/** Watches the names in a directory, whether it is there yet or not. Resolves when it sees them; never rejects. */
export async function watchDirectory(directory: string, { isPolled }: WatchOptions): Promise<Watch> {
  // Imported late: who has nothing to wait for does not pay for it.
  const { watch } = await import('chokidar');
  const watcher = watch(directory, {
    atomic: false,
    depth: 0,
    followSymlinks: false,
    ignoreInitial: true,
    interval: POLL_EVERY_MS,
    usePolling: isPolled,
  });
  const over = new AbortController();
  const changed = new Promise<void>((resolve) => {
    watcher.once('all', () => resolve());
  });
  const failed = new Promise<boolean>((resolve) => {
    watcher.on('error', () => resolve(true));
  });
  const isReady = once(watcher, 'ready').then(
    () => false,
    () => true, // an error, told of above
  );
  const isLate = pause(READY_WITHIN_MS, over.signal).then(() => true);
  const isBlind = await Promise.race([isReady, failed, isLate]);
  over.abort();
  return { changed, isBlind, close: async () => await watcher.close() };
}
