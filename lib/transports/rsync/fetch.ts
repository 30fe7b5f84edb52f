import { basename, dirname, join } from 'node:path';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { Finding } from '../../findings/register.ts';
import { entriesOf } from '../../system/read-file.ts';
import { readSmall } from '../../system/read-untrusted.ts';
import type { CommandResult } from '../../system/run-command.ts';
import { explainRsync, isNoSuchDirectory, isPassing } from './exit.ts';
import type { Link, Place } from './link.ts';
import { withSource } from './source.ts';

export interface Wanted {
  readonly place: Place;
  /** looked for in this order, with different last parts; links are not followed */
  readonly paths: readonly string[];
  /** bytes of each; what is larger counts as not there */
  readonly maxBytes: number;
}

/** `isPassing`: it may be different the next time. */
export type Fetched =
  | { readonly isOk: true; readonly files: Readonly<Record<string, string | null>> }
  | { readonly isOk: false; readonly reason: Finding; readonly isPassing: boolean };

/** Runs one rsync over ssh that brings small files from a peer, null for those that it has not. */
export type Fetch = (peer: ClusterNode, wanted: Wanted, signal: AbortSignal) => Promise<Fetched>;

/** What answers may be no rsync and send without end: this is how long it can. */
const FETCH_TIMEOUT_MS = 10_000;

/**
 * A file that is not there is none, but for rsync a directory that is not there is an error: it makes one only when there is
 * something to put in. The first path's has to be there.
 */
function isWithoutDirectory({ code, stderr }: CommandResult, paths: readonly string[]): boolean {
  if (code !== 23) return false;
  const failures = stderr.split('\n').filter((line) => / failed: /.test(line));
  const missing = failures.map((line) => /change_dir "(.*)" failed: No such file/.exec(line)?.[1]);
  return (
    missing.length > 0 &&
    missing.every((at) => at !== undefined && paths.some((path) => at.endsWith(`/${dirname(path)}`)))
  );
}

export function createFetch({ rsync, stateDir }: Pick<Config, 'rsync' | 'stateDir'>, link: Link): Fetch {
  return async (peer, { place, paths, maxBytes }, signal) =>
    await withSource(stateDir, {}, async (target) => {
      const { result, directory } = await link(
        peer,
        {
          place,
          // No --links, no --recursive: plain files of these names, or nothing. Each by its own path, since there are rrsyncs
          // (that of 3.4.3) that let nobody name their directory itself.
          argumentsFor: (remote) => [
            '--ignore-missing-args',
            `--max-size=${maxBytes}`,
            '--',
            ...paths.map(remote),
            `${target}/`,
          ],
          input: '',
          timeoutMs: FETCH_TIMEOUT_MS,
          // An ordinary account's / has none of them, which is no error.
          isElsewhere: async (ran) =>
            (ran.code === 0 || isNoSuchDirectory(ran)) && (await entriesOf(target)).length === 0,
        },
        signal,
      );
      if (result.code !== 0 && !isWithoutDirectory(result, paths.slice(1))) {
        const reason = explainRsync(result, peer, rsync, directory);
        return { isOk: false, reason, isPassing: isPassing(result) };
      }
      const read = async (path: string) =>
        [path, await readSmall(join(target, basename(path)), maxBytes)] as const;
      return { isOk: true, files: Object.fromEntries(await Promise.all(paths.map(read))) };
    });
}
