import { join } from 'node:path';
import { isDns, type AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { run, type Ended } from '../programs/program.ts';
import { DIST } from './built.ts';
import type { TestCluster, TestNode } from './cluster.ts';

export interface HookRun {
  /** auth hooks still to come; null: certbot does not say */
  readonly remainingChallenges?: number | null;
  /** the whole batch; default this challenge alone */
  readonly batch?: readonly AnyChallenge[];
  readonly node?: TestNode;
  /** on top of the rest; undefined takes a variable away */
  readonly env?: NodeJS.ProcessEnv;
}

/** The environment that certbot 5.3 gives an auth or cleanup hook. */
export function hookEnv(
  cluster: TestCluster,
  challenge: AnyChallenge,
  options: HookRun = {},
): NodeJS.ProcessEnv {
  const { remainingChallenges = 0, batch = [challenge], node = cluster.nodes[0] } = options;
  const all = batch.map(({ identifier }) => identifier).join(',');
  return {
    ...cluster.envOf(node),
    CERTBOT_DOMAIN: challenge.identifier,
    CERTBOT_IDENTIFIER: challenge.identifier,
    ...(isDns(challenge)
      ? { CERTBOT_VALIDATION: challenge.value }
      : { CERTBOT_TOKEN: challenge.token, CERTBOT_VALIDATION: challenge.keyAuthorization }),
    CERTBOT_ALL_DOMAINS: all,
    CERTBOT_ALL_IDENTIFIERS: all,
    ...(remainingChallenges === null ? {} : { CERTBOT_REMAINING_CHALLENGES: String(remainingChallenges) }),
    ...options.env,
  };
}

export function hookFile(name: 'auth' | 'cleanup'): string {
  return join(DIST, 'hooks', `${name}.js`);
}

export async function runHook(
  name: 'auth' | 'cleanup',
  cluster: TestCluster,
  challenge: AnyChallenge,
  options: HookRun = {},
): Promise<Ended> {
  return await run([process.execPath, hookFile(name)], { env: hookEnv(cluster, challenge, options) });
}

/** Runs the hook once for each challenge of a batch, counting down as certbot does. */
export async function runBatch(
  name: 'auth' | 'cleanup',
  cluster: TestCluster,
  batch: readonly AnyChallenge[],
  options: HookRun = {},
): Promise<readonly Ended[]> {
  const ended: Ended[] = [];
  for (const [index, challenge] of batch.entries()) {
    const remainingChallenges = batch.length - 1 - index;
    ended.push(await runHook(name, cluster, challenge, { ...options, remainingChallenges, batch }));
  }
  return ended;
}
