import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Challenge } from '../challenge/challenge.ts';
import { bracketed } from '../config/address.ts';
import type { ClusterNode, Config } from '../config/config.ts';
import { failure, OK, type Outcome } from '../outcome.ts';
import { runCommand } from '../process/run.ts';
import { explainRsync, isNoSuchDirectory } from './rsync-exit.ts';
import type { Transport } from './transport.ts';

const CONNECT_TIMEOUT_S = 5;
const RUN_TIMEOUT_MS = 20_000;
const CHALLENGE_DIRECTORY = '.well-known/acme-challenge';

/**
 * Carries tokens by rsync over ssh, one rsync a peer for a whole batch. Exactly the listed files
 * are sent or, with an empty source and --delete-missing-args, removed; nothing else on the peer
 * is looked at. The peer's authorized_keys may force rrsync onto the webroot.
 */
export function createRsyncTransport({ rsync, stateDir }: Pick<Config, 'rsync' | 'stateDir'>): Transport {
  // A forced rrsync takes the webroot for /, an ordinary account does not: which of the two a peer
  // is shows in the first run, and is remembered for the next one.
  const isRestricted = new Map<string, boolean>();

  async function run(
    peer: ClusterNode,
    source: string,
    names: readonly string[],
    signal: AbortSignal,
    extra: readonly string[],
  ) {
    const known = isRestricted.get(peer.name);
    for (const restricted of known === undefined ? [true, false] : [known]) {
      const directory = join(restricted ? '/' : peer.webroot, CHALLENGE_DIRECTORY);
      const argv = argumentsOf(peer, source, directory, extra);
      const result = await runCommand(argv, {
        signal,
        timeoutMs: RUN_TIMEOUT_MS,
        input: names.map((name) => `${name}\n`).join(''),
      });
      if (result.code === 0) {
        isRestricted.set(peer.name, restricted);
        return OK;
      }
      const mayBeOther = known === undefined && restricted && isNoSuchDirectory(result);
      if (!mayBeOther) return failure(explainRsync(result, peer, rsync));
    }
    throw new Error('unreachable: the last try has returned');
  }

  function argumentsOf(peer: ClusterNode, source: string, directory: string, extra: readonly string[]) {
    const ssh = [
      'ssh',
      ...['-i', quote(rsync.identityFile), '-p', String(rsync.port)],
      ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'IdentitiesOnly=yes'],
      ...[
        '-o',
        `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
        '-o',
        'ServerAliveInterval=5',
        '-o',
        'ServerAliveCountMax=2',
      ],
    ].join(' ');
    return [
      'rsync',
      // Written aside and renamed, which is rsync's way unless told otherwise; readable for the web server.
      ...[
        '--times',
        '--omit-dir-times',
        '--perms',
        '--chmod=F0644',
        '--files-from=-',
        `--timeout=${RUN_TIMEOUT_MS / 2000}`,
      ],
      ...extra,
      ...['-e', ssh, '--', `${source}/`, `${rsync.user}@${bracketed(peer.address)}:${directory}/`],
    ];
  }

  /** A directory that holds just these files for the time of the call. */
  async function withSource<T>(files: readonly Challenge[], use: (source: string) => Promise<T>): Promise<T> {
    await mkdir(stateDir, { recursive: true });
    const source = await mkdtemp(join(stateDir, 'rsync-'));
    try {
      for (const { token, keyAuthorization } of files) await writeFile(join(source, token), keyAuthorization);
      return await use(source);
    } finally {
      await rm(source, { recursive: true, force: true });
    }
  }

  return {
    name: 'rsync',
    present: async (peer, challenges, signal): Promise<Outcome> =>
      await withSource(
        challenges,
        async (source) =>
          await run(
            peer,
            source,
            challenges.map(({ token }) => token),
            signal,
            [],
          ),
      ),
    cleanUp: async (peer, tokens, signal): Promise<Outcome> =>
      await withSource(
        [],
        async (source) => await run(peer, source, tokens, signal, ['--delete-missing-args']),
      ),
    close: async () => undefined,
  };
}

/** rsync splits the value of -e at spaces and knows quotes. */
function quote(argument: string): string {
  return `"${argument.replaceAll('"', '""')}"`;
}
