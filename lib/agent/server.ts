import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import type { ClusterKeys } from '../channel/key-file.ts';
import { MAX_BODY_BYTES } from '../channel/protocol.ts';
import { serverTls } from '../channel/psk.ts';
import { FINISHING, letFinish } from './let-finish.ts';
import { addProblemDocuments, sendProblem } from './problem.ts';
import type { AgentApp } from './app.ts';
import { addDeliveryRoutes, type DeliveryRouteOptions } from './delivery-routes.ts';
import { addRoutes, type RouteOptions } from './challenge-routes.ts';
import { checkWhileConnected } from './connection-checks.ts';
import { logWrongKeys } from './wrong-key.ts';

export interface AgentServerOptions extends RouteOptions, DeliveryRouteOptions {
  readonly keys: ClusterKeys;
  readonly logger: FastifyBaseLogger;
  readonly limits?: Partial<AgentLimits>;
}

/** How long and how much a client may keep the agent busy. */
export interface AgentLimits {
  /** milliseconds for the TLS handshake; default 5000 */
  readonly handshakeTimeoutMs: number;
  /** milliseconds from a request's first byte to its last; default 10 000 */
  readonly requestTimeoutMs: number;
  /** milliseconds that a connection may be idle; default 15 000 */
  readonly idleTimeoutMs: number;
  /** connections at a time; default 128 */
  readonly maxConnections: number;
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
      ...serverTls(options.keys),
      handshakeTimeout: limits.handshakeTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs / 2),
      maxHeaderSize: 8_192,
    },
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    bodyLimit: MAX_BODY_BYTES,
    ...FINISHING,
    exposeHeadRoutes: false,
    // As long as a token may be.
    routerOptions: { maxParamLength: 128 },
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    // What the router refuses, such as a URL that is not encoded rightly, reaches no error handler.
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, error.statusCode ?? 400, error.message.slice(0, 300));
    },
    // A body is what its schema says, or refused: nothing is made to fit.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });
  app.server.maxConnections = limits.maxConnections;
  checkWhileConnected(app.server);
  logWrongKeys(app.server, options.logger);
  letFinish(app);
  addProblemDocuments(app);
  addRoutes(app, options);
  addDeliveryRoutes(app, options);
  return app;
}
