import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import type { Webroot } from '../../challenge/webroot.ts';
import type { ClusterKeys } from '../../channel/key-file.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { isProbed, plainNameOf, targetsOf } from '../../cluster/target.ts';
import type { AgentCounts } from '../counts.ts';
import { reportDamage } from '../../state/damage.ts';
import type { Turn } from '../../system/in-turn.ts';
import type { Events } from '../../state/events.ts';
import { logFinding } from '../log.ts';
import { openLookup } from '../lookup/open.ts';
import type { Found } from '../lookup/lookup.ts';
import type { Remembered } from '../limits.ts';
import type { LastThumbprint } from '../lookup/thumbprint.ts';
import type { Responses } from '../responses.ts';
import type { AdminApp } from './app.ts';
import { createObstacles } from './obstacles.ts';
import { createAdminServer } from './server.ts';
import { createSurvey } from './survey.ts';

/** Its time ends before that of the child: what is killed tells nothing. */
const SURVEY = ['status', '--json', '--timeout', '30'];

export interface AdminOptions {
  readonly cluster: Cluster;
  readonly keys: ClusterKeys;
  readonly env: NodeJS.ProcessEnv;
  /** the command line of this installation: a program, with the arguments that stand before a command */
  readonly commandLine: readonly string[];
  readonly webroot: Webroot;
  readonly counts: Readonly<AgentCounts>;
  readonly responses: Responses;
  /** what the look-up has heard from peers */
  readonly heard: Remembered<Found>;
  /** of the account seen last; absent: nobody answers with it */
  readonly thumbprint?: LastThumbprint | undefined;
  readonly events: Pick<Events, 'write'>;
  /** for each look at files of stateDir */
  readonly turn: Turn;
  readonly logger: FastifyBaseLogger;
  /** ends what it does in the background */
  readonly signal: AbortSignal;
  /** ends a look at the cluster that is under way, for which somebody may wait */
  readonly ending: AbortSignal;
}

/** What answers on `agent.adminListen`, not listening yet. */
export interface Admin {
  readonly app: AdminApp;
  /** Ends the look-ups that are under way. */
  close(): Promise<void>;
}

export function createAdmin(options: AdminOptions): Admin {
  const { cluster, env, commandLine, webroot, counts, turn, logger, signal, ending } = options;
  const { nodes, stateDir } = cluster.config;
  const node = cluster.self.name;
  const survey = createSurvey({ argv: [...commandLine, ...SURVEY], env, signal: ending });
  const looking = openLookup(options);
  const onDamage = reportDamage((found) => logFinding(logger, 'warn', found));
  const app = createAdminServer({
    names: [hostname(), ...nodes.flatMap(({ name, address }) => [name, address])],
    obstacles: createObstacles(webroot),
    lookup: looking?.lookup,
    metrics: async () => {
      const { createMetrics } = await import('../metrics/metrics.ts');
      return createMetrics({ ...namesIn(cluster), node, survey, stateDir, turn, counts, signal });
    },
    page: async () => {
      const { createPage } = await import('./page.ts');
      return createPage({ node, survey, stateDir, turn, onDamage });
    },
    logger,
  });
  return { app, close: async () => await looking?.close() };
}

/** What counters have labels for. */
function namesIn(cluster: Cluster) {
  const targets = targetsOf(cluster).filter(isProbed);
  return {
    nodes: cluster.config.nodes.map(({ name }) => name),
    targets: targets.map(plainNameOf),
  };
}
