import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Webroot } from '../challenge/webroot.ts';
import {
  CHALLENGES,
  REMOVALS,
  RESPONSE,
  STATUS,
  type ChallengeList,
  type ChallengeResponse,
  type NodeStatus,
} from '../channel/protocol.ts';
import { findingsOf } from '../base/errors.ts';
import { sharedLook } from '../system/shared-look.ts';
import type { NewEvent } from '../state/event.ts';
import type { Events } from '../state/events.ts';
import { VERSION } from '../base/version.ts';
import type { AgentApp } from './app.ts';
import { createRates, EVENTS_OF_A_PEER } from './limits.ts';
import { sendFinding, sendProblem } from './problem.ts';
import { presentBody, removalBody, tokenParams, type PresentBody, type RemovalBody } from './requests.ts';
import { createResponses, type Responses } from './responses.ts';

export interface RouteOptions {
  /** this node's name */
  readonly node: string;
  readonly webroot: Webroot;
  /** when the agent has started, by `performance.now()`; default: now */
  readonly startedMs?: number;
  /** what its webroot has; default: a reader of its own */
  readonly responses?: Responses | undefined;
  /** called with each key authorization that a peer presents */
  readonly onPresented?: ((keyAuthorization: string) => void) | undefined;
  /** called with each token that a peer removes */
  readonly onRemoved?: (token: string) => void;
  /** the node that has this address; itself where none has */
  readonly nameOf?: (address: string) => string;
  readonly events?: Pick<Events, 'write'>;
  /** the VIPs on this node's interfaces now */
  readonly heldVips: () => readonly string[];
  /** the digest of its configuration */
  readonly configuration: string;
  /** when notify has looked at the cluster, in seconds; absent: nobody is to be told */
  readonly looked?: (() => Promise<number | null>) | undefined;
  /** what is left where it writes */
  readonly rooms?: (() => Promise<NonNullable<NodeStatus['rooms']>>) | undefined;
  /** what its webroot is on; absent: that is its own affair */
  readonly fileSystem?: (() => Promise<NonNullable<NodeStatus['fileSystem']> | null>) | undefined;
}

/** Thousands of files take as long; who asks waits for 6 s. */
const LIST_TIMEOUT_MS = 5_000;

/** The routes of docs/protocol.md. */
export function addRoutes(app: AgentApp, options: RouteOptions): void {
  const { webroot, responses, onPresented } = options;
  const tell = telling(options);
  const listed = sharedLook(webroot.directory, webroot.list, LIST_TIMEOUT_MS);

  app.put<{ Body: PresentBody }>(CHALLENGES, { schema: { body: presentBody } }, async (request, reply) => {
    const { challenges } = request.body;
    const from = { request, reply, tokens: challenges.length };
    await tell.ofFailure('challenge-received', from, async () => await webroot.write(challenges));
    for (const { keyAuthorization } of challenges) onPresented?.(keyAuthorization);
    request.log.info({ from: request.ip, tokens: challenges.map(({ token }) => token) }, 'presented');
    tell.of('challenge-received', from);
    return { present: challenges.length };
  });

  app.post<{ Body: RemovalBody }>(REMOVALS, { schema: { body: removalBody } }, async (request, reply) => {
    for (const token of request.body.tokens) options.onRemoved?.(token);
    const removed = await webroot.remove(request.body.tokens);
    request.log.info({ from: request.ip, tokens: removed }, 'removed');
    if (removed.length > 0) tell.of('challenge-removed', { request, reply, tokens: removed.length });
    return { removed: removed.length };
  });

  app.get(CHALLENGES, async (_, reply): Promise<ChallengeList | void> => {
    const now = Date.now();
    const stored = await listed();
    if (stored === null)
      return sendFinding(reply, 503, { code: 'file-system-silent', place: webroot.directory });
    return {
      challenges: stored.map(({ token, writtenAtMs }) => ({
        token,
        ageSeconds: Math.max(0, Math.round((now - writtenAtMs) / 1000)),
      })),
    };
  });

  addResponseRoute(app, responses ?? createResponses(webroot));

  addStatusRoute(app, options, listed);
}

function addStatusRoute(
  app: AgentApp,
  options: RouteOptions,
  listed: () => Promise<readonly unknown[] | null>,
): void {
  const { node, heldVips, configuration, looked, rooms, fileSystem, startedMs = performance.now() } = options;

  app.get(STATUS, async (): Promise<NodeStatus> => {
    // Side by side: each of them may have to wait, and who asks does not wait for long.
    const [stored, lookedSecondsAgo, room, on] = await Promise.all([
      listed(),
      looked?.(),
      rooms?.(),
      fileSystem?.(),
    ]);
    return {
      node,
      version: VERSION,
      uptimeSeconds: Math.round((performance.now() - startedMs) / 1000),
      vips: heldVips(),
      challenges: stored?.length ?? null,
      time: new Date().toISOString(),
      configuration,
      ...(lookedSecondsAgo !== undefined && { lookedSecondsAgo }),
      ...(room && { rooms: room }),
      ...(on && { fileSystem: on }),
    };
  });
}

/** It reads files and asks nobody: two nodes that lack a token would ask each other without end. */
function addResponseRoute(app: AgentApp, responses: Responses): void {
  app.get<{ Params: { readonly token: string } }>(
    `${CHALLENGES}/${RESPONSE}`,
    { schema: { params: tokenParams } },
    async (request, reply) => {
      const { token } = request.params;
      const keyAuthorization = await responses(token);
      if (keyAuthorization === null) return sendProblem(reply, 404, 'no such challenge in this webroot');
      return { token, keyAuthorization } satisfies ChallengeResponse;
    },
  );
}

interface From {
  readonly request: Pick<FastifyRequest, 'ip'>;
  /** `elapsedTime`: since the request has come, in milliseconds */
  readonly reply: Pick<FastifyReply, 'elapsedTime'>;
  readonly tokens: number;
}

type Told = 'challenge-received' | 'challenge-removed';

/** Writes events, which nobody waits for, and so many of a peer that one in a loop does not push all else out of them. */
function telling({ events, nameOf = (address) => address }: Pick<RouteOptions, 'events' | 'nameOf'>) {
  const hasRoom = createRates(EVENTS_OF_A_PEER.atMost, EVENTS_OF_A_PEER.withinMs, () => performance.now());
  const of = (event: Told, { request, reply, tokens }: From, outcome: NewEvent['outcome'] = 'ok') => {
    const peer = nameOf(request.ip);
    if (hasRoom(peer)) void events?.write({ event, peer, tokens, ms: reply.elapsedTime, outcome });
  };
  const ofFailure = async (event: Told, from: From, run: () => Promise<unknown>) => {
    try {
      await run();
    } catch (error) {
      of(event, from, findingsOf(error)[0].code);
      throw error;
    }
  };
  return { of, ofFailure };
}
