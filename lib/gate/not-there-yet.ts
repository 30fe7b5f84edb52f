import { wordsOfFileSystem, type FileSystem } from '../system/file-system.ts';
import { negativeCacheOf } from '../system/negative-cache.ts';
import type { Probe } from './probe.ts';

export interface NotThereYetOptions {
  /** what the webroot is on, as this node sees it; null: nobody can tell */
  readonly fileSystem: () => Promise<FileSystem | null>;
  /** of the gate */
  readonly timeoutMs: number;
  /** milliseconds of 404 after which it is told what may be the reason; default 3000 */
  readonly afterMs?: number;
}

/** Longer than any that forgets at once. */
const AFTER_MS = 3_000;

/**
 * A probe for a webroot that nodes share. Whoever goes on with 404 for what is written, and so there for all, has another file system, or one
 * that remembers that it was not there. Its time begins with its first look.
 */
export function tellingOfCaches<Subject>(
  probe: Probe<Subject>,
  { fileSystem, timeoutMs, afterMs = AFTER_MS }: NotThereYetOptions,
): Probe<Subject> {
  let beganMs: number | null = null;
  let looking: Promise<FileSystem | null> | null = null;
  return async (...look) => {
    beganMs ??= performance.now();
    const seen = await probe(...look);
    const forMs = performance.now() - beganMs;
    if (seen.state !== 'failing' || seen.reason.code !== 'token-not-found' || forMs < afterMs) return seen;
    const found = await (looking ??= fileSystem());
    if (found === null) return seen;
    const { seconds: upTo, remedy } = negativeCacheOf(found);
    const { server, origin } = seen.reason;
    const told = { server, origin, seconds: Math.floor(forMs / 1000), timeout: timeoutMs / 1000 };
    return {
      ...seen,
      reason: { code: 'token-not-there-yet', ...told, fileSystem: wordsOfFileSystem(found), upTo, remedy },
    };
  };
}
