import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import type { Webroot } from '../../challenge/webroot.ts';
import { adminPlaceOf } from '../../cluster/admin-place.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { isProbed, targetsOf } from '../../cluster/target.ts';
import type { AgentCounts } from '../counts.ts';
import { listenAdmin } from './listen-admin.ts';
import { createObstacles } from './obstacles.ts';
import { createAdminServer } from './server.ts';
import { createSurvey } from './survey.ts';

export interface StartAdminOptions {
  readonly cluster: Cluster;
  readonly env: NodeJS.ProcessEnv;
  /** the command line of this installation: a program, with the arguments that stand before a command */
  readonly commandLine: readonly string[];
  readonly webroot: Webroot;
  readonly counts: Readonly<AgentCounts>;
  readonly logger: FastifyBaseLogger;
  /** ends what it has begun in the background */
  readonly signal: AbortSignal;
}

/** Answers this host on `agent.adminListen`. @returns what ends that */
export async function startAdmin(options: StartAdminOptions): Promise<() => Promise<void>> {
  const { cluster, env, commandLine, webroot, counts, logger, signal } = options;
  const { nodes, stateDir } = cluster.config;
  const survey = createSurvey({ argv: [...commandLine, 'status', '--json'], env, signal });
  const admin = createAdminServer({
    names: [hostname(), ...nodes.flatMap(({ name, address }) => [name, address])],
    obstacles: createObstacles(webroot),
    metrics: async () => {
      const { createMetrics } = await import('../metrics/metrics.ts');
      const node = cluster.self.name;
      return createMetrics({ ...namesIn(cluster), node, survey, stateDir, counts, signal });
    },
    page: async () => {
      const { createPage } = await import('./page.ts');
      return createPage({ node: cluster.self.name, survey, stateDir });
    },
    logger,
  });
  await listenAdmin(admin, adminPlaceOf(cluster), logger);
  return async () => await admin.close();
}

/** What counters have labels for. */
function namesIn(cluster: Cluster) {
  const targets = targetsOf(cluster).filter(isProbed);
  return {
    nodes: cluster.config.nodes.map(({ name }) => name),
    targets: targets.map(({ kind, name, address }) => (kind === 'vip' ? address : name)),
  };
}
