import { join } from 'node:path';
import { run, type Ended } from '../programs/program.ts';
import { DIST } from './built.ts';
import type { TestCluster } from './cluster.ts';

/** The command line's file. */
export const CLI = join(DIST, 'cli.js');

/** Runs it without a configuration: what is tested so ends before one is read, or says that there is none. */
export async function certbotHa(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return await run([process.execPath, CLI, ...args], {
    env: { PATH: process.env['PATH'], CERTBOT_HA_CONFIG: '/nowhere/default.yaml', ...env },
  });
}

/** Runs it on the first node of a cluster. */
export async function certbotHaIn(
  cluster: TestCluster,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return await run([process.execPath, CLI, ...args], {
    env: { ...cluster.envOf(cluster.nodes[0]), ...env },
  });
}
