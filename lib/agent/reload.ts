import type { FastifyBaseLogger } from 'fastify';
import { CertbotHaError } from '../base/errors.ts';
import { reportError } from '../base/report-error.ts';
import { isSystemError } from '../base/expected.ts';
import { readKeyFile, type ClusterKeys } from '../channel/key-file.ts';
import { agentPlacesOf, shownPlaces, type AgentPlaces } from '../cluster/agent-places.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createGeneration, type Generation, type GenerationOptions } from './generation.ts';
import { logFinding } from './log.ts';
import type { Succession } from './succession.ts';
import { TAKEN, type Verdict } from './verdict.ts';

export interface ReloadOptions extends GenerationOptions {
  /** reads and checks the configuration anew */
  readonly load: () => Promise<Cluster>;
  readonly generations: Pick<Succession, 'now' | 'takeOver'>;
  /** where the agent listens */
  readonly places: AgentPlaces;
  /** is called with each generation that has taken over */
  readonly onTaken: (now: Generation, before: Generation) => void;
  /** is told how each reload has ended */
  readonly onEnd: (verdict: Verdict) => Promise<void>;
}

/**
 * Takes over a configuration and a key file that have changed, whenever that is asked for, whole or not at all: where they are wrong, or
 * name another place to listen at, all stays as it is.
 * @returns what asks for it: where that is under way, once more afterwards, however often it is asked for meanwhile
 */
export function createReload(options: ReloadOptions): () => void {
  const { signal, onEnd } = options;
  let [isRunning, isAsked] = [false, false];

  async function run(): Promise<void> {
    isRunning = true;
    while (isAsked && !signal.aborted) {
      isAsked = false;
      const verdict = await reload(options);
      // Who has asked meanwhile waits for the end of what is read then.
      if (verdict !== null && !isAsked) await onEnd(verdict);
    }
    isRunning = false;
  }

  return () => {
    isAsked = true;
    if (!isRunning) void run();
  };
}

/** Null: the agent has ended meanwhile. */
async function reload(options: ReloadOptions): Promise<Verdict | null> {
  const { generations, logger, signal, onTaken } = options;
  let prepared;
  try {
    prepared = await prepare(options);
  } catch (error) {
    return refused(error, logger);
  }
  if (signal.aborted) return null;
  const { next, keys } = prepared;
  const before = generations.now();
  const leave = generations.takeOver(next, keys);
  // Both see what comes into the webroot for a moment, lest neither does.
  await next.begin();
  leave();
  logger.info({ nodes: next.cluster.config.nodes.length, keys: keys.all.length }, 'reloaded');
  onTaken(next, before);
  return TAKEN;
}

/** @throws {CertbotHaError} where it is wrong, or only a restart helps */
async function prepare(
  options: ReloadOptions,
): Promise<{ readonly next: Generation; readonly keys: ClusterKeys }> {
  const cluster = await options.load();
  const keys = readKeyFile(cluster.config.agent.keyFile);
  const [listens, wanted] = [shownPlaces(options.places), shownPlaces(await agentPlacesOf(cluster))];
  if (String(listens) !== String(wanted))
    throw new CertbotHaError('failed', { code: 'restart-needed', listens, wanted });
  const next = await createGeneration(cluster, options);
  await Promise.all([next.app.ready(), next.admin?.app.ready()]);
  return { next, keys };
}

function refused(error: unknown, logger: FastifyBaseLogger): Verdict {
  const problems: string[] = [];
  const exitCode = reportError(error, (line) => void problems.push(line));
  const isExpected = error instanceof CertbotHaError || isSystemError(error);
  logFinding(logger, 'error', { code: 'reload-refused', problems }, isExpected ? {} : { err: error });
  return { exitCode, problems };
}
