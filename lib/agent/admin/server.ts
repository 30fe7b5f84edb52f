import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { checkWhileConnected } from '../connection-checks.ts';
import { FINISHING, letFinish } from '../let-finish.ts';
import { addProblemDocuments, sendProblem } from '../problem.ts';
import { addLookupRoutes } from '../lookup/lookup-routes.ts';
import type { Lookup } from '../lookup/lookup.ts';
import type { AdminApp } from './app.ts';
import { addHealthRoutes, type HealthRouteOptions } from './health-routes.ts';
import { addMetricsRoutes, type MetricsRouteOptions } from './metrics-routes.ts';
import { addPageRoutes, type PageRouteOptions } from './page-routes.ts';
import { isAnyHostsPath, isOwnHost } from './hosts.ts';

export interface AdminServerOptions extends HealthRouteOptions, MetricsRouteOptions, PageRouteOptions {
  /** names that this host and the cluster's nodes have, besides their addresses */
  readonly names: readonly string[];
  /** finds responses to challenges; absent: nobody looks them up */
  readonly lookup?: Lookup | undefined;
  readonly logger: FastifyBaseLogger;
  readonly limits?: Partial<AdminLimits>;
}

/** How long and how much a client may keep the agent busy. */
export interface AdminLimits {
  /** milliseconds from a request's first byte to its last; default 5000 */
  readonly requestTimeoutMs: number;
  /** milliseconds that a connection may be idle; default 30 000 */
  readonly idleTimeoutMs: number;
  /** connections at a time; default 64 */
  readonly maxConnections: number;
}

const DEFAULT_LIMITS: AdminLimits = {
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  maxConnections: 64,
};

/** The server on `agent.adminListen`, not listening yet. It has no log-in, takes no body and changes nothing but a webroot without its directories. */
export function createAdminServer(options: AdminServerOptions): AdminApp {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = Fastify({
    http: {
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs / 2),
      maxHeaderSize: 16_384,
    },
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    bodyLimit: 1_024,
    // As long as a token may be.
    routerOptions: { maxParamLength: 128 },
    ...FINISHING,
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, error.statusCode ?? 400, error.message.slice(0, 300));
    },
  });
  app.server.maxConnections = limits.maxConnections;
  checkWhileConnected(app.server);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (isAnyHostsPath(request.url) || isOwnHost(request.headers.host, options.names)) return;
    return sendProblem(
      reply,
      421,
      'the Host header names another host: ask by address, by localhost or by the name of a node',
    );
  });
  letFinish(app);
  addProblemDocuments(app);
  addHealthRoutes(app, options);
  addMetricsRoutes(app, options);
  addPageRoutes(app, options);
  if (options.lookup) addLookupRoutes(app, options.lookup);
  return app;
}
