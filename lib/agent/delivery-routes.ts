import { ID_PATTERN } from '../lineage/schemas.ts';
import { leaveRequest } from '../inbox/leave-request.ts';
import { markActivated, stageBundle, type SerialBundle } from '../inbox/stage.ts';
import { countBundles, stateInInbox } from '../inbox/staged.ts';
import {
  ACTIVATION,
  activationBody,
  bundleBody,
  DELIVERIES,
  LINEAGES,
  MAX_BUNDLE_BYTES,
  SYNC_REQUESTS,
  syncRequestBody,
  type DeliveryState,
  type LineageList,
} from '../channel/protocol.ts';
import type { Results } from '../state/outbox.ts';
import { told, type Records } from '../state/records.ts';
import { toldOf } from '../state/tombstones.ts';
import type { AgentApp } from './app.ts';
import { sendFinding, sendProblem } from './problem.ts';

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
}

interface ById {
  readonly Params: { readonly id: string };
}

/** A lineage is a bundle; what nobody activates goes away after an hour. */
const MAX_BUNDLES = 1_000;

const params = { type: 'object', properties: { id: { type: 'string', pattern: ID_PATTERN } } } as const;

/** The routes of docs/protocol.md that bring lineages. */
export function addDeliveryRoutes(
  app: AgentApp,
  { inbox, requests, nodes, records, results, isInstalling }: DeliveryRouteOptions,
): void {
  app.get(LINEAGES, async (): Promise<LineageList> => ({
    lineages: (await records.installed()).map(told),
    deleted: toldOf(await records.deletions()),
  }));

  app.put<ById & { Body: SerialBundle }>(
    `${DELIVERIES}/:id`,
    { schema: { params, body: bundleBody }, bodyLimit: MAX_BUNDLE_BYTES },
    async (request, reply) => {
      const { id } = request.params;
      if ((await countBundles(inbox)) >= MAX_BUNDLES) return sendFinding(reply, 507, { code: 'inbox-full' });
      // One that waits for the installer already must not change under its hands.
      if ((await stateInInbox(inbox, id)) !== 'activated') await stageBundle(inbox, id, request.body);
      request.log.info({ from: request.ip, id }, 'staged a bundle');
      return { state: 'staged' };
    },
  );

  app.post<ById & { Body: { readonly stamp: string } | null | undefined }>(
    `${DELIVERIES}/:id/${ACTIVATION}`,
    { schema: { params, body: activationBody } },
    async (request, reply) => {
      const { id } = request.params;
      const isThere = await markActivated(inbox, id, request.body?.stamp ?? null);
      if (!isThere) return sendFinding(reply, 404, { code: 'bundle-not-staged', id });
      request.log.info({ from: request.ip, id }, 'activated a bundle');
      return { state: 'activated' };
    },
  );

  app.get<ById>(`${DELIVERIES}/:id`, { schema: { params } }, async (request, reply) => {
    const { id } = request.params;
    const waiting = await stateInInbox(inbox, id);
    const isTaken = waiting === 'activated' && (await isInstalling());
    const state: DeliveryState | null =
      waiting === null ? await results.of(id) : { state: isTaken ? 'installing' : waiting };
    return state ?? sendFinding(reply, 404, { code: 'bundle-never-staged', id });
  });

  app.post<{ Body: { readonly node: string } }>(
    SYNC_REQUESTS,
    { schema: { body: syncRequestBody } },
    async (request, reply) => {
      if (!nodes.includes(request.body.node)) {
        return sendProblem(reply, 400, 'body/node must be a node of the cluster');
      }
      await leaveRequest(requests, request.body.node);
      request.log.info({ from: request.ip, node: request.body.node }, 'asked to be brought up to date');
      return reply.code(202).send({ state: 'requested' });
    },
  );
}
