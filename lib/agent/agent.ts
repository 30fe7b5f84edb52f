import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import { readKeyFile } from '../channel/key-file.ts';
import { agentPlacesOf } from '../cluster/agent-places.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { digestOf } from '../cluster/digest.ts';
import { listenAdmin } from './admin/listen-admin.ts';
import { announce } from './announce.ts';
import { VERSION } from '../base/version.ts';
import { createGeneration, type Generation, type GenerationOptions } from './generation.ts';
import { givenSockets, type GivenSockets } from './given-sockets.ts';
import { createKeyRing } from './key-ring.ts';
import { listen } from './listen.ts';
import { notifyReady, notifySystemd } from './notify.ts';
import { logFinding } from './log.ts';
import { createReload, type ReloadOptions } from './reload.ts';
import { createSuccession } from './succession.ts';
import { createVerdicts, TAKEN } from './verdict.ts';
import { createOwnTokens } from './watch/own-tokens.ts';
import { startWatchdog } from './watchdog.ts';

export interface AgentOptions extends Pick<GenerationOptions, 'env' | 'commandLine' | 'logger' | 'signal'> {
  readonly cluster: Cluster;
  /** reads and checks the configuration anew */
  readonly load: () => Promise<Cluster>;
  /** has something done whenever that is asked for */
  readonly onReload: (act: () => void) => void;
  readonly pid: number;
}

/**
 * Runs the agent until the signal aborts.
 * @throws {CertbotHaError} `config` for a bad key file or webroot, `failed` when the address cannot be listened on
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { cluster, env, pid, logger, signal } = options;
  const ring = createKeyRing(readKeyFile(cluster.config.agent.keyFile));
  const counts = { tokensExpired: 0, eventsLost: 0 };
  const shared = { ...options, ring, own: createOwnTokens(), counts, startedMs: performance.now() };
  const first = await createGeneration(cluster, shared);
  const places = await agentPlacesOf(cluster);
  const given = givenSockets(env, pid);
  const say = createVerdicts(env);
  const generations = createSuccession(first, ring);
  const onTaken = announcing(shared);
  const ends: (() => unknown)[] = [generations.close];
  try {
    await listen(first.app, places.channel, given);
    await first.begin();
    if (first.admin && places.admin)
      await listenAdmin(first.admin.app, { place: places.admin, given, logger });
    reportDifferences(given, logger);
    ends.push(startWatchdog({ env, pid, logger }));
    await say(TAKEN);
    logger.info({ node: cluster.self.name, version: VERSION, ...places.channel }, 'listening');
    const onTrouble = (trouble: string) =>
      logFinding(logger, 'warn', { code: 'systemd-not-notified' }, { trouble });
    await notifyReady({ env, signal, onTrouble });
    announceBy(first, shared);
    options.onReload(createReload({ ...shared, generations, places, onTaken, onEnd: say }));
    if (!signal.aborted) await once(signal, 'abort');
    logger.info('stopping');
    void notifySystemd(['STOPPING=1'], env);
  } finally {
    await Promise.all(ends.map(async (end) => await end()));
  }
}

/** The peers are told that this node may lack something. */
function announceBy(
  { cluster }: Generation,
  { ring, logger, signal }: Pick<GenerationOptions, 'ring' | 'logger' | 'signal'>,
): void {
  announce({ cluster, keys: ring.keys, logger, signal }).catch((error: unknown) => {
    logFinding(logger, 'error', { code: 'peers-not-notified' }, { err: error });
  });
}

/** By a configuration that has changed, this node may lack what it did not take before. */
function announcing(shared: Parameters<typeof announceBy>[1]): ReloadOptions['onTaken'] {
  return (now, before) => {
    if (digestOf(now.cluster.config) !== digestOf(before.cluster.config)) announceBy(now, shared);
  };
}

/** Of what systemd holds for the agent, where it is not what the configuration has. */
function reportDifferences(given: GivenSockets, logger: FastifyBaseLogger): void {
  const differences = given.differences();
  if (differences !== null) logFinding(logger, 'warn', { code: 'sockets-differ', ...differences });
}
