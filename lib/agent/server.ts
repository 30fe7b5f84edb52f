import Fastify, { type FastifyBaseLogger } from 'fastify';
import type { ClusterKeys } from '../channel/key-file.ts';
import { MAX_BODY_BYTES } from '../channel/protocol.ts';
import { serverTls } from '../channel/psk.ts';
import { addProblemDocuments, sendProblem } from './problem.ts';
import type { AgentApp } from './app.ts';
import { keepBounds, nodeBounds, serverBounds, type ServerLimits } from './bounded.ts';
import { addDeliveryRoutes, type DeliveryRouteOptions } from './delivery-routes.ts';
import { addRoutes, type RouteOptions } from './challenge-routes.ts';
import { logWrongKeys } from './wrong-key.ts';

export interface AgentServerOptions extends RouteOptions, DeliveryRouteOptions {
  readonly keys: ClusterKeys;
  /** is called with the key that a connection is opened with */
  readonly onKey?: (connection: object, key: Buffer) => void;
  readonly logger: FastifyBaseLogger;
  readonly limits?: Partial<AgentLimits>;
}

/** How long and how much a client may keep the agent busy. */
export interface AgentLimits extends ServerLimits {
  /** milliseconds for the TLS handshake */
  readonly handshakeTimeoutMs: number;
}

const DEFAULT_LIMITS: AgentLimits = {
  handshakeTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  idleTimeoutMs: 15_000,
  maxConnections: 128,
};

/** The agent's HTTPS server, not listening yet. Every route wants the cluster's key: the TLS handshake fails without. */
export function createAgentServer(options: AgentServerOptions): AgentApp {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = Fastify({
    https: {
      ...serverTls(options.keys, options.onKey),
      handshakeTimeout: limits.handshakeTimeoutMs,
      ...nodeBounds(limits),
      maxHeaderSize: 8_192,
    },
    ...serverBounds(limits, options.logger),
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    // What the router refuses, such as a URL that is not encoded rightly, reaches no error handler.
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, error.statusCode ?? 400, error.message.slice(0, 300));
    },
  });
  keepBounds(app, limits);
  logWrongKeys(app.server, options.logger);
  addProblemDocuments(app);
  addRoutes(app, options);
  addDeliveryRoutes(app, options);
  return app;
}
