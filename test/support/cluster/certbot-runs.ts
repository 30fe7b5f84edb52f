import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { startFakeCertbot } from '../programs/fake-certbot.ts';
import { hookArgv, hookEnv } from './certbot-hook.ts';
import type { TestCluster } from './cluster.ts';

export const AUTH = hookArgv('auth').join(' ');
export const CLEANUP = hookArgv('cleanup').join(' ');

/** For a shell: waits as long as its certbot runs. */
export const UNTIL_IT_ENDS = 'while kill -0 $PPID 2>/dev/null; do sleep 0.05; done';

/** A hook's command line as certbot hands it to a shell, with an environment of its own. */
export function command(
  hook: string,
  cluster: TestCluster,
  challenge: AnyChallenge,
  remainingChallenges = 0,
  batch: readonly AnyChallenge[] = [challenge],
): string {
  const { PATH: _, ...env } = hookEnv(cluster, challenge, { remainingChallenges, batch });
  return `${Object.entries(env)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ')} ${hook}; true`;
}

/** A certbot that runs these hooks, one after another, until the test is over. */
export async function certbotRuns(cluster: TestCluster, commands: readonly string[]) {
  const certbot = await startFakeCertbot(cluster.directory, commands);
  onTestFinished(async () => await certbot.kill());
  return certbot;
}

/** No node has a token. */
export const isClean = async (cluster: TestCluster) => (await cluster.tokens()).flat().length === 0;
/** What is recorded, by hooks and by launchers. */
export const pendingIn = async (cluster: TestCluster) => [
  ...(await readdir(join(cluster.stateDir, 'pending'))),
  ...(await readdir(join(cluster.directory, 'left-by-launchers')).catch(() => [])), // not made yet
];
