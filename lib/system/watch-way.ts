import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isSystemError } from '../base/expected.ts';
import { targetOf } from './read-file.ts';

/** Whoever writes beside the way all the time must not keep this host busy: what changes there is then seen by who looks now and then. */
const MAX_STRANGERS = 10_000;

/** A directory, and all that it is in, up to the root: each from its parent, where it may be renamed, removed or put anew. */
function* stepsTo(directory: string): Generator<string> {
  for (let step = resolve(directory); step !== dirname(step); step = dirname(step)) yield step;
}

/**
 * Tells that something else may be at the path of a directory, or has come to be there: by one watch of inotify's for each directory above
 * it. What cannot be watched is left out. A mount over it is not told.
 */
export function watchWay(directory: string, onSign: () => void): { readonly close: () => void } {
  const watchers = [...stepsTo(directory)].flatMap((step) => {
    const name = basename(step);
    let strangers = 0;
    try {
      const watcher = watch(dirname(step));
      watcher.on('change', (_event, changed) => {
        if (changed === null || String(changed) === name) onSign();
        else if ((strangers += 1) > MAX_STRANGERS) watcher.close();
      });
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch (error) {
      if (isSystemError(error)) return [];
      throw error;
    }
  });
  return {
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Tells a directory, with all that it is in, from another one at its path, also from one that gets its number after it. */
export async function wayTo(directory: string): Promise<string> {
  const steps: string[] = [];
  // One after another: below what hangs, each one would hold a thread.
  for (const step of stepsTo(directory)) {
    const stat = await targetOf(step).catch(() => null);
    steps.push(stat ? `${stat.dev} ${stat.ino} ${stat.birthtimeMs}` : '');
  }
  return steps.join('\n');
}
