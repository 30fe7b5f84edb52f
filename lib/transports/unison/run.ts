import { join } from 'node:path';
import { failure, OK, type Outcome } from '../../base/outcome.ts';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import { bracketed } from '../../net/address.ts';
import { afterwards } from '../../system/deadline.ts';
import { LIMITS } from '../../system/limits.ts';
import { runCommand } from '../../system/run-command.ts';
import { SSH_OPTIONS } from '../ssh-options.ts';
import { whileWanted } from '../while-wanted.ts';
import { withSource } from '../rsync/source.ts';
import { explainUnison } from './exit.ts';

/** Runs of Unison from this node's challenge directory to a peer's. */
export interface Unison {
  /**
   * Has these files of a peer's challenge directory become what they are in this node's. A call ends with its signal; its run has a little longer, since one
   * that is killed in the midst of a file leaves the beginning of that on the peer. The next one to the same peer waits for it.
   * @param names at least one: without any, Unison would have the whole directory become as this node's is
   */
  level(peer: ClusterNode, names: readonly string[], signal: AbortSignal): Promise<Outcome>;
  /** Waits for runs that outlive their calls: what such a one brings must not arrive after a clean-up by other means. */
  close(): Promise<void>;
}

/** A run that has begun to copy takes some dozen milliseconds more. */
const ENDS_WITHIN_MS = 2_000;

/** What is not to be found in root's own profile, and holds for every run. */
const ALWAYS = [
  // Asks nobody, and says only what is wrong: ssh makes the stream that they share one that does not wait, and Unison ends where that is full.
  '-ui',
  'text',
  '-batch',
  '-auto',
  '-silent',
  // What an earlier run has seen does not count, and a lock that one has left when it was killed is in nobody's way.
  '-ignorearchives',
  '-ignorelocks',
  '-confirmbigdel=false',
  '-times=false',
  '-log=false',
];

export function createUnison(
  { unison, stateDir }: Pick<Config, 'unison' | 'stateDir'>,
  self: Pick<ClusterNode, 'name' | 'webroot'>,
): Unison {
  // Links on the way to it are followed, and would not be below a root.
  const here = join(self.webroot, TOKENS_BELOW_WEBROOT);
  const run = async (peer: ClusterNode, names: readonly string[], signal: AbortSignal) =>
    await withSource(stateDir, { ssh_config: sshConfigOf(unison) }, async (directory) => {
      const there = `ssh://${unison.user}@${bracketed(peer.address)}/${join(peer.webroot, TOKENS_BELOW_WEBROOT)}`;
      const argv = [
        'unison',
        here,
        there,
        ...ALWAYS,
        '-force',
        here,
        '-sshargs',
        `-F ${join(directory, 'ssh_config')}`,
        ...names.flatMap((name) => ['-path', name]),
      ];
      const result = await runCommand(argv, {
        signal,
        timeoutMs: LIMITS.sendMs,
        env: environmentFor(directory, self.name),
      });
      return result.code === 0 ? OK : failure(explainUnison(result, peer, unison));
    });
  const running = new Map<string, Promise<unknown>>();
  return {
    level: async (peer, names, signal) => {
      if (names.length === 0) return OK;
      const before = running.get(peer.name);
      const asked = (async () => {
        await before;
        return await run(peer, names, afterwards(signal, ENDS_WITHIN_MS));
      })();
      // Whoever waits for it only wants to know that it is over.
      running.set(
        peer.name,
        asked.catch(() => null),
      );
      return await whileWanted(asked, signal);
    },
    close: async () => void (await Promise.all(running.values())),
  };
}

/** No profile of root's, no agent of ssh's; archives are made below stateDir, and go with the run. */
function environmentFor(directory: string, name: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    HOME: directory,
    UNISON: directory,
    LC_ALL: 'C',
    // By it the peer tells the archives of its senders apart.
    UNISONLOCALHOSTNAME: name,
  };
}

/** Of what is said twice ssh takes the first. Unison splits ssh's arguments at spaces, so they stand in a file. */
function sshConfigOf({ identityFile, port, sshConfig }: Config['unison']): string {
  return [
    `IdentityFile ${quoted(identityFile)}`,
    `Port ${port}`,
    ...SSH_OPTIONS,
    ...(sshConfig === null ? [] : [`Include ${quoted(sshConfig)}`]),
    '',
  ].join('\n');
}

function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
