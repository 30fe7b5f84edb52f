import { join } from 'node:path';
import { bracketed } from '../../net/address.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import { runCommand, type CommandResult, type RunOptions } from '../../system/run-command.ts';
import { SSH_OPTIONS } from '../ssh-options.ts';
import { isTurnedAway } from './exit.ts';
import { pause } from '../../system/pause.ts';

/** A directory on a peer. */
export interface Place {
  /** where the directory begins for an account that may go anywhere */
  readonly root: string;
  /** the directory below it, which is all that a forced rrsync on `root` lets one name */
  readonly below: string;
}

export interface Run {
  readonly place: Place;
  /** rsync's own, given what names a path below the place on the peer */
  readonly argumentsFor: (remote: (path: string) => string) => readonly string[];
  /** for rsync's stdin */
  readonly input: string;
  readonly timeoutMs: number;
  /** whether it looks as if the place were not there */
  readonly isElsewhere: (result: CommandResult) => Promise<boolean>;
}

export interface Ran {
  readonly result: CommandResult;
  /** the place, as it was named in this run */
  readonly directory: string;
}

/** Runs rsync over ssh. */
export type Link = (peer: ClusterNode, run: Run, signal: AbortSignal) => Promise<Ran>;

const BUSY_PAUSE_MS = 150;

/**
 * A forced rrsync takes its directory for /, an ordinary account does not: which of the two a peer is
 * shows in the first run, and is remembered for the next one.
 */
export function createLink({ rsync }: Pick<Config, 'rsync'>, identityFile: string): Link {
  const isRestricted = new Map<string, boolean>();
  const ssh = [
    // Neither root's own configuration nor the host's: what is meant for people may lead elsewhere, or run a command.
    `ssh -F ${quote(rsync.sshConfig ?? 'none')} -i ${quote(identityFile)} -p ${rsync.port}`,
    ...SSH_OPTIONS.map((option) => `-o ${option}`),
  ].join(' ');

  return async (peer, { place, argumentsFor, input, timeoutMs, isElsewhere }, signal) => {
    const known = isRestricted.get(peer.name);
    for (const restricted of known === undefined ? [true, false] : [known]) {
      const directory = join(restricted ? '/' : place.root, place.below);
      const account = `${rsync.user}@${bracketed(peer.address)}`;
      const remote = (path: string) => `${account}:${join(directory, '/', path)}`;
      const argv = ['rsync', `--timeout=${timeoutMs / 2000}`, '-e', ssh];
      const result = await runAlone([...argv, ...argumentsFor(remote)], {
        signal,
        timeoutMs,
        input,
      });
      const mayBeOther = known === undefined && (await isElsewhere(result));
      if (result.code === 0 && !mayBeOther) isRestricted.set(peer.name, restricted);
      if (!mayBeOther || !restricted) return { result, directory };
    }
    throw new Error('unreachable: the last try has returned');
  };
}

async function runAlone(
  argv: readonly string[],
  options: RunOptions & { readonly signal: AbortSignal },
): Promise<CommandResult> {
  const until = performance.now() + options.timeoutMs;
  for (;;) {
    const result = await runCommand(argv, options);
    if (!isTurnedAway(result.stderr) || options.signal.aborted || performance.now() > until) return result;
    await pause(BUSY_PAUSE_MS, options.signal);
  }
}

/** rsync splits the value of -e at spaces and knows quotes. */
function quote(argument: string): string {
  return `"${argument.replaceAll('"', '""')}"`;
}
