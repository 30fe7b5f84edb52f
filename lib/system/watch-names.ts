import { watch } from 'node:fs';
import { basename } from 'node:path';
import { pause } from './pause.ts';
import { MINUTE_MS } from './spans.ts';
import { watchWay, wayTo } from './watch-way.ts';

export interface WatchNamesOptions {
  /** gets each name that comes, goes or changes in the directory; null: one that the system does not tell */
  readonly onName: (name: string | null) => void;
  /** called when the watch stands: what lay there before is not told */
  readonly onReady: () => void;
  readonly signal: AbortSignal;
  /** milliseconds; default 10 minutes */
  readonly lookEveryMs?: number;
}

/** For what nothing tells, such as a mount over it. */
const LOOK_EVERY_MS = 10 * MINUTE_MS;
const REST_MS = 100;

/**
 * Tells what changes in a directory, by one watch of inotify's however many files lie there, and without reading it. Resolves
 * when the signal aborts, and when the directory is gone or another one has come to its path, also by way of one above it.
 * @throws as the system does: `ENOENT` where there is no directory, `ENOSPC` or `EMFILE` where a limit of inotify's is reached
 */
export async function watchNames(directory: string, options: WatchNamesOptions): Promise<void> {
  const { onName, onReady, signal, lookEveryMs = LOOK_EVERY_MS } = options;
  const over = new AbortController();
  let look = () => {};
  const way = watchWay(directory, () => look());
  const timer = setInterval(() => look(), lookEveryMs).unref();
  try {
    const watched = await wayTo(directory);
    if (signal.aborted) return;
    const watcher = watch(directory);
    over.signal.addEventListener('abort', () => watcher.close());
    await new Promise<void>((resolve, reject) => {
      look = oneAtATime(async () => {
        if ((await wayTo(directory)) !== watched) resolve();
        await pause(REST_MS, over.signal);
      });
      watcher.on('change', (_event, name) => {
        onName(name === null ? null : String(name));
        // The system tells of the directory itself by its own name.
        if (name === basename(directory)) look();
      });
      watcher.once('error', reject);
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
      onReady();
      look(); // what has changed since the way was looked at
    });
  } finally {
    over.abort();
    clearInterval(timer);
    way.close();
  }
}

/** Runs it now or, while it runs, once more after that. */
function oneAtATime(run: () => Promise<void>): () => void {
  let isRunning = false;
  let isDue = false;
  const runAll = async () => {
    isRunning = true;
    while (isDue) {
      isDue = false;
      await run();
    }
    isRunning = false;
  };
  return () => {
    isDue = true;
    if (!isRunning) void runAll();
  };
}
