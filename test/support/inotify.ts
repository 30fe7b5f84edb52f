import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished, vi } from 'vitest';

/** A system that has no watches left: what inotify says then, as Node.js words it. */
export function noWatchesLeft(path: string): NodeJS.ErrnoException {
  const message = `ENOSPC: System limit for number of file watchers reached, watch '${path}'`;
  return Object.assign(new Error(message), { code: 'ENOSPC', errno: -28, syscall: 'watch', path });
}

/**
 * Has Node.js watch by this until the test ends, packages included. Gives the paths that were to be watched.
 * @param watch gets what watches the path in earnest
 */
export function watchBy(
  watch: (path: string, inEarnest: () => fs.FSWatcher) => fs.FSWatcher,
): readonly string[] {
  const asked: string[] = [];
  const real = fs.watch;
  const spy = vi.spyOn(fs, 'watch').mockImplementation((...given: Parameters<typeof fs.watch>) => {
    const path = String(given[0]);
    asked.push(path);
    return watch(path, () => real(...given));
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return asked;
}
