import type { ClusterNode, Config } from '../../cluster/config.ts';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import { LIMITS } from '../../system/limits.ts';
import { explainRsync, isNoSuchDirectory } from './exit.ts';
import type { Link, Place } from './link.ts';
import { withSource } from './source.ts';

export interface Carriage {
  readonly place: Place;
  /** relative path to content; sent whole or not at all, each renamed into place */
  readonly files: Readonly<Record<string, string>>;
  /** paths to take away, exactly these */
  readonly remove?: readonly string[];
  /** as rsync's --chmod has it */
  readonly chmod: string;
  /** the directory is made for these files, and has the mode too that `chmod` says */
  readonly isOwnDirectory?: boolean;
}

/** Runs one rsync over ssh for all files of a carriage. */
export type Carry = (peer: ClusterNode, carriage: Carriage, signal: AbortSignal) => Promise<Outcome>;

export function createCarry({ rsync, stateDir }: Pick<Config, 'rsync' | 'stateDir'>, link: Link): Carry {
  return async (peer, { place, files, remove, chmod, isOwnDirectory = false }, signal) =>
    await withSource(stateDir, files, async (source) => {
      const names = [...(isOwnDirectory ? ['./'] : []), ...Object.keys(files), ...(remove ?? [])];
      const { result, directory } = await link(
        peer,
        {
          place,
          argumentsFor: (remote) => [
            '--files-from=-',
            // Written aside and renamed, which is rsync's way unless told otherwise.
            '--times',
            '--omit-dir-times',
            '--perms',
            `--chmod=${chmod}`,
            ...(remove ? ['--delete-missing-args'] : []),
            '--',
            `${source}/`,
            remote(''),
          ],
          input: names.map((name) => `${name}\n`).join(''),
          timeoutMs: LIMITS.sendMs,
          isElsewhere: async (ran) => isNoSuchDirectory(ran),
        },
        signal,
      );
      return result.code === 0 ? OK : failure(explainRsync(result, peer, rsync, directory));
    });
}
