import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import { createWebroot } from '../challenge/webroot.ts';
import { readKeyFile, type ClusterKeys } from '../channel/key-file.ts';
import { inboxDirectory } from '../inbox/layout.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { digestOf } from '../cluster/digest.ts';
import { heldHere } from '../cluster/vips.ts';
import { layoutOf } from '../state/layout.ts';
import { reportDamage } from '../state/damage.ts';
import { createResults, isInstalling } from '../state/outbox.ts';
import { createLooked } from '../state/looked.ts';
import { createRecords } from '../state/records.ts';
import { inTurn } from '../system/in-turn.ts';
import { startAdmin } from './admin/start.ts';
import { agentEvents } from './agent-events.ts';
import { announce } from './announce.ts';
import { VERSION } from '../base/version.ts';
import { counting } from './counts.ts';
import { givenSockets, type GivenSockets } from './given-sockets.ts';
import { listen } from './listen.ts';
import { notifySystemd } from './notify.ts';
import { logFinding } from './log.ts';
import { createHeard } from './lookup/lookup.ts';
import { openThumbprint } from './lookup/thumbprint.ts';
import { createResponses } from './responses.ts';
import { createRooms } from './rooms.ts';
import { createAgentServer } from './server.ts';
import { tend } from './tend.ts';
import { createOwnTokens, noting } from './watch/own-tokens.ts';
import { startWatchdog } from './watchdog.ts';

export interface AgentOptions {
  readonly cluster: Cluster;
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** the command line of this installation: a program, with the arguments that stand before a command */
  readonly commandLine: readonly string[];
  readonly logger: FastifyBaseLogger;
  /** ends the agent */
  readonly signal: AbortSignal;
}

/**
 * Runs the agent until the signal aborts.
 * @throws {CertbotHaError} `config` for a bad key file or webroot, `failed` when the address cannot be listened on
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { cluster, env, pid, logger, signal } = options;
  const { config, self } = cluster;
  const keys = readKeyFile(config.agent.keyFile);
  const own = createOwnTokens();
  const counts = { tokensExpired: 0, eventsLost: 0 };
  const webroot = counting(noting(createWebroot(self.webroot), own), counts);
  await webroot.check();
  const responses = createResponses(webroot);
  const heard = createHeard(() => performance.now());
  const inbox = inboxDirectory(cluster);
  const isLast = config.agent.lookup === 'thumbprint';
  const thumbprint = isLast ? await openThumbprint(inbox) : undefined;
  const onDamage = reportDamage((found) => logFinding(logger, 'warn', found));
  // What reads the log of events and doctor's run for people takes turns with what writes it.
  const turn = inTurn(config.stateDir);
  const events = agentEvents(cluster, { counts, turn, logger });
  const app = createAgentServer({
    node: self.name,
    keys,
    webroot,
    responses,
    onPresented: thumbprint?.learn,
    onRemoved: heard.forget,
    heldVips: () => heldHere(cluster),
    configuration: digestOf(config),
    looked: config.notify.length > 0 ? createLooked(config.stateDir) : undefined,
    rooms: createRooms({ inbox, webroot: self.webroot }),
    inbox,
    requests: layoutOf(config.stateDir).requests,
    nodes: config.nodes.map(({ name }) => name),
    records: createRecords(config.stateDir, onDamage),
    results: createResults(config.stateDir, onDamage),
    isInstalling: async () => await isInstalling(config.stateDir),
    events,
    nameOf: (address) => config.nodes.find((node) => node.address === address)?.name ?? address,
    logger,
  });
  const given = givenSockets(env, pid);
  const ends: (() => unknown)[] = [async () => await app.close()];
  try {
    const address = await listen(app, cluster, given);
    const onSeen = thumbprint?.learn;
    ends.push(await tend(app.server, { cluster, keys, webroot, own, inbox, onSeen, events, logger }));
    const admin = { keys, webroot, responses, heard, thumbprint, counts, events, turn, given };
    ends.push(await startAdmin({ ...options, ...admin }));
    reportDifferences(given, logger);
    ends.push(startWatchdog({ env, pid, logger }));
    logger.info({ node: self.name, version: VERSION, address, port: self.agentPort }, 'listening');
    await untilEnded({ cluster, keys, env, logger, signal });
  } finally {
    // What was begun last ends first: nothing is watched any more when the connections are let finish.
    await Promise.all(ends.toReversed().map(async (end) => await end()));
  }
}

/** Tells systemd and the peers that it runs, and systemd that it ends. */
async function untilEnded({
  cluster,
  keys,
  env,
  logger,
  signal,
}: Pick<AgentOptions, 'cluster' | 'env' | 'logger' | 'signal'> & { readonly keys: ClusterKeys }) {
  const trouble = await notifySystemd(['READY=1'], env);
  if (trouble !== null) logFinding(logger, 'warn', { code: 'systemd-not-notified' }, { trouble });
  announce({ cluster, keys, logger, signal }).catch((error: unknown) => {
    logFinding(logger, 'error', { code: 'peers-not-notified' }, { err: error });
  });
  if (!signal.aborted) await once(signal, 'abort');
  logger.info('stopping');
  void notifySystemd(['STOPPING=1'], env);
}

/** Of what systemd holds for the agent, where it is not what the configuration has. */
function reportDifferences(given: GivenSockets, logger: FastifyBaseLogger): void {
  const differences = given.differences();
  if (differences !== null) logFinding(logger, 'warn', { code: 'sockets-differ', ...differences });
}
