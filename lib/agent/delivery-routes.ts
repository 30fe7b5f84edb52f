import { leaveRequest } from '../inbox/leave-request.ts';
import { markActivated, stageBundle, type SerialBundle } from '../inbox/stage.ts';
import { countBundles, stateInInbox } from '../inbox/staged.ts';
import {
  ACTIVATION,
  DELIVERIES,
  LINEAGES,
  MAX_BUNDLE_BYTES,
  SYNC_REQUESTS,
  type DeliveryState,
  type LineageList,
} from '../channel/protocol.ts';
import type { Results } from '../state/outbox.ts';
import { told, type Records } from '../state/records.ts';
import { toldOf } from '../state/tombstones.ts';
import { inTurn, type Turn } from '../system/in-turn.ts';
import type { AgentApp } from './app.ts';
import { sendFinding, sendProblem } from './problem.ts';
import {
  activationBody,
  bundleBody,
  idParams,
  syncRequestBody,
  type ActivationBody,
  type SyncRequestBody,
} from './requests.ts';

export interface DeliveryRouteOptions {
  readonly inbox: string;
  /** where a node's wish to be brought up to date is left for root */
  readonly requests: string;
  /** the cluster's nodes, by name */
  readonly nodes: readonly string[];
  readonly records: Pick<Records, 'installed' | 'deletions'>;
  readonly results: Pick<Results, 'of'>;
  /** whether this node's installer is at work */
  readonly isInstalling: () => Promise<boolean>;
  /** for all work on files of these; default: one of their own */
  readonly storeTurn?: Turn;
}

interface ById {
  readonly Params: { readonly id: string };
}

/** A lineage is a bundle; what nobody activates goes away after an hour. */
const MAX_BUNDLES = 1_000;

/** Thousands of lineages; `certbot-ha status` waits for 6 s. */
const LOOK = { limitMs: 5_000 } as const;
/** A bundle on a slow disk; who sends it waits for 10 s. */
const CHANGE = { limitMs: 8_000, whileHung: 'wait' } as const;

/** The routes of docs/protocol.md that bring lineages. A stateDir that hangs holds one thread for them, however many nodes ask. */
export function addDeliveryRoutes(
  app: AgentApp,
  { inbox, requests, nodes, records, results, isInstalling, storeTurn = inTurn(inbox) }: DeliveryRouteOptions,
): void {
  addSyncRoute(app, { requests, nodes }, storeTurn);

  app.get(LINEAGES, async (): Promise<LineageList> => {
    const kept = async () => ({ installed: await records.installed(), deleted: await records.deletions() });
    const { installed, deleted } = await storeTurn(kept, LOOK);
    return { lineages: installed.map(told), deleted: toldOf(deleted) };
  });

  app.put<ById & { Body: SerialBundle }>(
    `${DELIVERIES}/:id`,
    { schema: { params: idParams, body: bundleBody }, bodyLimit: MAX_BUNDLE_BYTES },
    async (request, reply) => {
      const { id } = request.params;
      const isTaken = await storeTurn(async () => {
        if ((await countBundles(inbox)) >= MAX_BUNDLES) return false;
        // One that waits for the installer already must not change under its hands.
        if ((await stateInInbox(inbox, id)) !== 'activated') await stageBundle(inbox, id, request.body);
        return true;
      }, CHANGE);
      if (!isTaken) return sendFinding(reply, 507, { code: 'inbox-full' });
      request.log.info({ from: request.ip, id }, 'staged a bundle');
      return { state: 'staged' };
    },
  );

  app.post<ById & { Body: ActivationBody }>(
    `${DELIVERIES}/:id/${ACTIVATION}`,
    { schema: { params: idParams, body: activationBody } },
    async (request, reply) => {
      const { id } = request.params;
      const stamp = request.body?.stamp ?? null;
      const isThere = await storeTurn(async () => await markActivated(inbox, id, stamp), CHANGE);
      if (!isThere) return sendFinding(reply, 404, { code: 'bundle-not-staged', id });
      request.log.info({ from: request.ip, id }, 'activated a bundle');
      return { state: 'activated' };
    },
  );

  app.get<ById>(`${DELIVERIES}/:id`, { schema: { params: idParams } }, async (request, reply) => {
    const { id } = request.params;
    const state = await storeTurn(async (): Promise<DeliveryState | null> => {
      const waiting = await stateInInbox(inbox, id);
      if (waiting === null) return await results.of(id);
      return { state: waiting === 'activated' && (await isInstalling()) ? 'installing' : waiting };
    }, LOOK);
    return state ?? sendFinding(reply, 404, { code: 'bundle-never-staged', id });
  });
}

/** A node asks to be brought up to date. */
function addSyncRoute(
  app: AgentApp,
  { requests, nodes }: Pick<DeliveryRouteOptions, 'requests' | 'nodes'>,
  turn: Turn,
): void {
  app.post<{ Body: SyncRequestBody }>(
    SYNC_REQUESTS,
    { schema: { body: syncRequestBody } },
    async (request, reply) => {
      if (!nodes.includes(request.body.node)) {
        return sendProblem(reply, 400, 'body/node must be a node of the cluster');
      }
      await turn(async () => await leaveRequest(requests, request.body.node), CHANGE);
      request.log.info({ from: request.ip, node: request.body.node }, 'asked to be brought up to date');
      return reply.code(202).send({ state: 'requested' });
    },
  );
}
