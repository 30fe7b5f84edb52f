import type { FastifyBaseLogger } from 'fastify';
import { isAbsent } from '../../base/errors.ts';
import { isSystemError } from '../../base/expected.ts';
import { pause } from '../../system/pause.ts';
import { exists } from '../../system/read-file.ts';
import { watchNames } from '../../system/watch-names.ts';
import { watchWay } from '../../system/watch-way.ts';
import { logFinding } from '../log.ts';

export interface KeepWatchingOptions {
  readonly directory: string;
  readonly onName: (name: string) => void;
  /** called when anything may have changed */
  readonly onAny: () => void;
  /** called when the directory is watched from now on, and when it is not any more, or still not */
  readonly onWatched: (isWatched: boolean) => void;
  /** called when the directory is watched, or cannot be now: perhaps more than once */
  readonly onReady: () => void;
  /** called when another directory is there than before, and watched */
  readonly onAnother: () => void;
  readonly logger: Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly signal: AbortSignal;
}

/** Where a limit of inotify's is reached, or the directory is away. */
const AGAIN_AFTER_MS = 60_000;
/** Whoever replaces the directory again and again must not keep this host busy. */
const REST_MS = 100;

/** Watches a directory until the signal aborts, also one that is removed and comes again, or cannot be watched for a while. */
export async function keepWatching({
  onAny,
  onName,
  onReady,
  onWatched,
  onAnother,
  ...options
}: KeepWatchingOptions): Promise<void> {
  const { directory, logger, signal } = options;
  let isTold = false;
  let isAnother = false;
  while (!signal.aborted) {
    try {
      await watchNames(directory, {
        onName: (name) => (name === null ? onAny() : onName(name)),
        onReady: () => {
          if (isTold) logger.info({ directory }, 'the directory is watched again');
          isTold = false;
          onWatched(true);
          if (isAnother) onAnother();
          isAnother = true;
          onAny();
          onReady();
        },
        signal,
      });
      if (!signal.aborted) logger.info({ directory }, 'the directory was replaced or removed: watched anew');
      onWatched(false);
      onAny();
      await pause(REST_MS, signal);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      onWatched(false);
      if (!isTold) logFinding(logger, 'warn', { code: 'webroot-not-watched', directory, error: error.code });
      isTold = true;
      onReady();
      await untilWorthwhile(directory, isAbsent(error), signal);
    }
  }
}

async function untilWorthwhile(directory: string, isAway: boolean, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const limit = pause(AGAIN_AFTER_MS, AbortSignal.any([signal, over.signal]));
  if (!isAway) return await limit;
  const way = watchWay(directory, () => over.abort());
  try {
    // It may have come before the way was watched.
    if (await exists(directory).catch(() => false)) over.abort();
    await limit;
    await pause(REST_MS, signal);
  } finally {
    way.close();
  }
}
