import { join } from 'node:path';
import { isDns, type AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { startLastingCertbot, type LastingCertbot } from '../programs/lasting-certbot.ts';
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
  /** by hand; default: where it is a launcher, which leaves such a call to Node.js, below a certbot of its batch */
  readonly isByHand?: boolean;
}

/** Whether tests run the commands, which are launchers, and not the files that those start: project `launchers` of vitest.config.ts. */
const ARE_LAUNCHED = process.env['CERTBOT_HA_TEST_HOOKS'] === 'launchers';

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
    CERTBOT_HA_RECORDS: join(cluster.directory, 'left-by-launchers'),
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

/** What Node.js runs. */
export function hookFile(name: 'auth' | 'cleanup'): string {
  return join(DIST, 'hooks', `${name}.js`);
}

/** The command of a hook. */
export function hookArgv(name: 'auth' | 'cleanup'): readonly string[] {
  return ARE_LAUNCHED ? [join(DIST, 'hooks', `certbot-ha-${name}`)] : [process.execPath, hookFile(name)];
}

export async function runHook(
  name: 'auth' | 'cleanup',
  cluster: TestCluster,
  challenge: AnyChallenge,
  options: HookRun = {},
): Promise<Ended> {
  const [argv, env] = [hookArgv(name), hookEnv(cluster, challenge, options)];
  if (!ARE_LAUNCHED || options.isByHand === true) return await run(argv, { env });
  return await certbotOf(cluster, env['CERTBOT_ALL_DOMAINS'] ?? '').run(argv, env);
}

const certbots = new WeakMap<TestCluster, Map<string, LastingCertbot>>();

/** The certbot of a batch, which is told from others by its names. */
function certbotOf(cluster: TestCluster, names: string): LastingCertbot {
  const ofCluster = certbots.get(cluster) ?? new Map<string, LastingCertbot>();
  const certbot = ofCluster.get(names) ?? cluster.keep(startLastingCertbot());
  certbots.set(cluster, ofCluster.set(names, certbot));
  return certbot;
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
