import { basename, dirname, join } from 'node:path';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { Finding } from '../../findings/register.ts';
import { readSmall } from '../../system/read-untrusted.ts';
import type { CommandResult } from '../../system/run-command.ts';
import { explainRsync, isPassing } from './exit.ts';
import type { Link, Place } from './link.ts';
import { withSource } from './source.ts';

export interface Wanted {
  readonly place: Place;
  /** in different directories, which are looked into in this order; with different last parts; links are not followed */
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
 * Whether the directory of `path` is not there. A file that is not there is none, but a directory is an error: rsync makes one only
 * when there is something to put in.
 */
function isWithout({ code, stderr }: CommandResult, path: string | undefined): boolean {
  if (code === 0 || path === undefined) return false;
  return missingIn(stderr).some((at) => at.endsWith(`/${dirname(path)}`));
}

/** The directories of which rsync or rrsync says that they are not there. */
function missingIn(stderr: string): readonly string[] {
  const said = stderr.matchAll(
    /change_dir "(.*)" failed: No such file|rrsync error: .*: (\S+) No such file/g,
  );
  return [...said].map(([, byRsync, byRrsync]) => (byRsync ?? byRrsync ?? '').replace(/\/$/, ''));
}

export function createFetch({ rsync, stateDir }: Pick<Config, 'rsync' | 'stateDir'>, link: Link): Fetch {
  return async (peer, { place, paths, maxBytes }, signal) =>
    await withSource(stateDir, {}, async (target) => {
      const bring = async (wanted: readonly string[]) =>
        await link(
          peer,
          {
            place,
            argumentsFor: (remote) => argumentsFor(wanted, { maxBytes, target, remote }),
            input: '',
            timeoutMs: FETCH_TIMEOUT_MS,
            isElsewhere: async (ran) => isWithout(ran, wanted[0]),
          },
          signal,
        );
      const first = await bring(paths);
      // rrsync brings nothing at all where one of several is not there.
      const there = paths.filter((path) => !isWithout(first.result, path));
      const { result, directory } =
        there[0] === paths[0] && there.length < paths.length ? await bring(there) : first;
      if (result.code !== 0) {
        const reason = explainRsync(result, peer, rsync, directory);
        return { isOk: false, reason, isPassing: isPassing(result) };
      }
      const read = async (path: string) =>
        [path, await readSmall(join(target, basename(path)), maxBytes)] as const;
      return { isOk: true, files: Object.fromEntries(await Promise.all(paths.map(read))) };
    });
}

/**
 * Of the files' directories whatever has one of their names: there are rrsyncs that end at a file that is not there (that of 3.4.4),
 * and others that let nobody name their directory itself (3.4.3). No --links, no --recursive: plain files, or nothing.
 */
function argumentsFor(
  paths: readonly string[],
  at: { readonly maxBytes: number; readonly target: string; readonly remote: (path: string) => string },
): readonly string[] {
  return [
    '--dirs',
    ...paths.map((path) => `--include=/${basename(path)}`),
    '--exclude=/*',
    `--max-size=${at.maxBytes}`,
    '--',
    ...paths.map((path) => at.remote(`${dirname(path)}/`)),
    `${at.target}/`,
  ];
}
