import type { FastifyBaseLogger } from 'fastify';
import type { Webroot } from '../challenge/webroot.ts';
import { inboxDirectory } from '../inbox/layout.ts';
import { adminPlaceOf } from '../cluster/admin-place.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { digestOf } from '../cluster/digest.ts';
import { heldHere } from '../cluster/vips.ts';
import { layoutOf } from '../state/layout.ts';
import { reportDamage } from '../state/damage.ts';
import { createResults, isInstalling } from '../state/outbox.ts';
import type { Events } from '../state/events.ts';
import { createLooked } from '../state/looked.ts';
import { createRecords } from '../state/records.ts';
import { inTurn, type Turn } from '../system/in-turn.ts';
import { createAdmin, type Admin } from './admin/admin.ts';
import { agentEvents } from './agent-events.ts';
import type { AgentApp } from './app.ts';
import type { AgentCounts } from './counts.ts';
import type { KeyRing } from './key-ring.ts';
import { logFinding } from './log.ts';
import { createHeard } from './lookup/lookup.ts';
import { openThumbprint, type LastThumbprint } from './lookup/thumbprint.ts';
import { createResponses } from './responses.ts';
import { createRooms } from './rooms.ts';
import { createAgentServer } from './server.ts';
import { tend } from './tend.ts';
import type { OwnTokens } from './watch/own-tokens.ts';
import { openWebroots, type Webroots } from './webroots.ts';
import { forMany } from '../system/deadline.ts';

/** What outlives a generation. */
export interface GenerationOptions {
  readonly env: NodeJS.ProcessEnv;
  /** the command line of this installation: a program, with the arguments that stand before a command */
  readonly commandLine: readonly string[];
  readonly ring: KeyRing;
  /** the tokens that peers have brought */
  readonly own: OwnTokens;
  readonly counts: AgentCounts;
  /** when the agent has started, by `performance.now()` */
  readonly startedMs: number;
  readonly logger: FastifyBaseLogger;
  /** ends the agent */
  readonly signal: AbortSignal;
}

/**
 * The agent by one configuration. Its servers do not listen by themselves: those of the first generation are to, and the later ones'
 * get what comes there.
 */
export interface Generation {
  readonly cluster: Cluster;
  readonly app: AgentApp;
  /** null: the agent does not listen for its own host */
  readonly admin: Admin | null;
  /** Begins what is done beside answering. Resolves when it is seen what comes into the webroot. */
  begin(): Promise<void>;
  /** Ends that. What is being answered goes on. */
  retire(): void;
}

/** @throws {CertbotHaError} `config` for a bad webroot */
export async function createGeneration(cluster: Cluster, options: GenerationOptions): Promise<Generation> {
  const { ring, own, counts, logger, signal: ending } = options;
  const { webroot, tended, webrootTurn, fileSystem } = await openWebroots(cluster, { own, counts });
  const inbox = inboxDirectory(cluster);
  // What reads the log of events and doctor's run for people takes turns. Events are written, and other nodes are answered, without waiting for it.
  const turn = inTurn(cluster.config.stateDir);
  const storeTurn = inTurn(cluster.config.stateDir);
  const eventTurn = inTurn(cluster.config.stateDir);
  const events = agentEvents(cluster, { counts, turn: eventTurn, logger });
  const thumbprint = cluster.config.agent.lookup === 'thumbprint' ? await openThumbprint(inbox) : undefined;
  const over = new AbortController();
  const signal = forMany(over.signal); // each request to a peer ends with it
  const heard = createHeard(() => performance.now());
  const known = { webroot, webrootTurn, fileSystem, storeTurn, inbox, events, turn, thumbprint, heard };
  const parts = { ...options, ...known, cluster, keys: ring.keys };
  const responses = createResponses(webroot);
  const app = createApp({ ...parts, responses });
  const hasAdmin = adminPlaceOf(cluster) !== null;
  return {
    cluster,
    app,
    admin: hasAdmin ? createAdmin({ ...parts, responses, signal, ending }) : null,
    begin: async () =>
      await tend(app.server, { ...parts, webroot: tended, onSeen: thumbprint?.learn, signal }),
    retire: () => over.abort(),
  };
}

interface Parts extends GenerationOptions {
  readonly cluster: Cluster;
  readonly webroot: Webroot;
  readonly webrootTurn: Turn;
  readonly fileSystem: Webroots['fileSystem'];
  readonly storeTurn: Turn;
  readonly turn: Turn;
  readonly inbox: string;
  readonly events: Events;
  readonly thumbprint: LastThumbprint | undefined;
  readonly heard: ReturnType<typeof createHeard>;
  readonly responses: ReturnType<typeof createResponses>;
}

function createApp({
  cluster,
  webroot,
  webrootTurn,
  inbox,
  thumbprint,
  heard,
  ring,
  ...parts
}: Parts): AgentApp {
  const { config, self } = cluster;
  const { stateDir, nodes } = config;
  const onDamage = reportDamage((found) => logFinding(parts.logger, 'warn', found));
  return createAgentServer({
    ...parts,
    node: self.name,
    keys: ring.keys,
    onKey: ring.opened,
    webroot,
    onPresented: thumbprint?.learn,
    onRemoved: heard.forget,
    heldVips: () => heldHere(cluster),
    configuration: digestOf(config),
    looked: config.notify.length > 0 ? createLooked(stateDir, parts.storeTurn) : undefined,
    rooms: createRooms({ inbox, webroot: self.webroot }, { webroot: webrootTurn, inbox: parts.storeTurn }),
    inbox,
    requests: layoutOf(stateDir).requests,
    nodes: nodes.map(({ name }) => name),
    records: createRecords(stateDir, onDamage),
    results: createResults(stateDir, onDamage),
    isInstalling: async () => await isInstalling(stateDir),
    nameOf: (address) => nodes.find((node) => node.address === address)?.name ?? address,
  });
}
