import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bracketed } from '../config/address.ts';
import type { ClusterNode, Config } from '../config/config.ts';
import { failure, OK, type Outcome } from '../outcome.ts';
import { runCommand, type CommandResult, type RunOptions } from '../process/run.ts';
import { withSource } from './rsync-source.ts';
import { explainRsync, isNoSuchDirectory } from './rsync-exit.ts';

/** Where files go on a peer. */
export interface Place {
  /** where the directory begins for an account that may go anywhere */
  readonly root: string;
  /** the directory below it, which is all that a forced rrsync on `root` lets one name */
  readonly below: string;
}

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

const CONNECT_TIMEOUT_S = 5;
const RUN_TIMEOUT_MS = 20_000;
const BUSY_PAUSE_MS = 150;

/**
 * A forced rrsync takes its directory for /, an ordinary account does not: which of the two a peer is
 * shows in the first run, and is remembered for the next one.
 */
export function createCarry(
  { rsync, stateDir }: Pick<Config, 'rsync' | 'stateDir'>,
  identityFile: string = rsync.identityFile,
): Carry {
  const isRestricted = new Map<string, boolean>();

  return async (peer, carriage, signal) =>
    await withSource(stateDir, carriage.files, async (source) => {
      const known = isRestricted.get(peer.name);
      for (const restricted of known === undefined ? [true, false] : [known]) {
        const { root, below } = carriage.place;
        const directory = join(restricted ? '/' : root, below);
        const result = await runAlone(argumentsOf(peer, source, directory, carriage), {
          signal,
          timeoutMs: RUN_TIMEOUT_MS,
          input: [
            ...(carriage.isOwnDirectory ? ['./'] : []),
            ...Object.keys(carriage.files),
            ...(carriage.remove ?? []),
          ]
            .map((name) => `${name}\n`)
            .join(''),
        });
        if (result.code === 0) {
          isRestricted.set(peer.name, restricted);
          return OK;
        }
        const mayBeOther = known === undefined && restricted && isNoSuchDirectory(result);
        if (!mayBeOther) return failure(explainRsync(result, peer, rsync, directory));
      }
      throw new Error('unreachable: the last try has returned');
    });

  function argumentsOf(peer: ClusterNode, source: string, directory: string, { remove, chmod }: Carriage) {
    const ssh = [
      ...['ssh', '-i', quote(identityFile), '-p', String(rsync.port)],
      ...['-o BatchMode=yes', '-o StrictHostKeyChecking=yes', '-o IdentitiesOnly=yes'],
      ...[`-o ConnectTimeout=${CONNECT_TIMEOUT_S}`, '-o ServerAliveInterval=5', '-o ServerAliveCountMax=2'],
    ].join(' ');
    return [
      // Written aside and renamed, which is rsync's way unless told otherwise.
      ...['rsync', '--times', '--omit-dir-times', '--perms', `--chmod=${chmod}`, '--files-from=-'],
      `--timeout=${RUN_TIMEOUT_MS / 2000}`,
      ...(remove ? ['--delete-missing-args'] : []),
      ...['-e', ssh, '--', `${source}/`, `${rsync.user}@${bracketed(peer.address)}:${directory}/`],
    ];
  }
}

/** A forced rrsync lets one in at a time, and turns the next one away at once. */
async function runAlone(
  argv: readonly string[],
  options: RunOptions & { readonly signal: AbortSignal },
): Promise<CommandResult> {
  const until = performance.now() + options.timeoutMs;
  for (;;) {
    const result = await runCommand(argv, options);
    const isTurnedAway = /Another instance of rrsync/.test(result.stderr);
    if (!isTurnedAway || options.signal.aborted || performance.now() > until) return result;
    await sleep(BUSY_PAUSE_MS, undefined, { signal: options.signal }).catch(() => undefined); // the next run tells
  }
}

/** rsync splits the value of -e at spaces and knows quotes. */
function quote(argument: string): string {
  return `"${argument.replaceAll('"', '""')}"`;
}
