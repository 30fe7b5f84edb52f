import { watch } from 'node:fs';
import { basename } from 'node:path';
import { targetOf } from './read-file.ts';

export interface WatchNamesOptions {
  /** gets each name that comes, goes or changes in the directory; null: one that the system does not tell */
  readonly onName: (name: string | null) => void;
  /** called when the watch stands: what lay there before is not told */
  readonly onReady: () => void;
  readonly signal: AbortSignal;
}

/**
 * Tells what changes in a directory, by one watch of inotify's however many files lie there, and without reading it. Resolves
 * when the signal aborts, and when the directory is gone or another one has come into its place.
 * @throws as the system does: `ENOENT` where there is no directory, `ENOSPC` or `EMFILE` where a limit of inotify's is reached
 */
export async function watchNames(
  directory: string,
  { onName, onReady, signal }: WatchNamesOptions,
): Promise<void> {
  const watched = await identityOf(directory);
  if (signal.aborted) return;
  const watcher = watch(directory);
  const over = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      const endIfReplaced = async () => {
        if ((await identityOf(directory).catch(() => null)) !== watched) resolve();
      };
      watcher.on('change', (_event, name) => {
        onName(name === null ? null : String(name));
        // The system tells of the directory itself by its own name.
        if (name === basename(directory)) void endIfReplaced();
      });
      watcher.once('error', reject);
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
      onReady();
    });
  } finally {
    over.abort();
    watcher.close();
  }
}

/** Tells a directory from one that gets its number after it; null where there is none. */
async function identityOf(directory: string): Promise<string | null> {
  const stat = await targetOf(directory);
  return stat && `${stat.dev} ${stat.ino} ${stat.birthtimeMs}`;
}
