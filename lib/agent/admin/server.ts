import Fastify, { type FastifyBaseLogger } from 'fastify';
import { keepBounds, nodeBounds, serverBounds, type ServerLimits } from '../bounded.ts';
import { addProblemDocuments, sendNothingHere, sendProblem } from '../problem.ts';
import { addLookupRoutes } from '../lookup/lookup-routes.ts';
import type { Lookup } from '../lookup/lookup.ts';
import type { AdminApp } from './app.ts';
import { addHealthRoutes, type HealthRouteOptions } from './health-routes.ts';
import { addMetricsRoutes, type MetricsRouteOptions } from './metrics-routes.ts';
import { addPageRoutes, type PageRouteOptions } from './page-routes.ts';
import { isAmbiguous, isAnyHostsPath, isOwnHost, originForm } from './hosts.ts';

export interface AdminServerOptions extends HealthRouteOptions, MetricsRouteOptions, PageRouteOptions {
  /** names that this host and the cluster's nodes have, besides their addresses */
  readonly names: readonly string[];
  /** finds responses to challenges; absent: nobody looks them up */
  readonly lookup?: Lookup | undefined;
  readonly logger: FastifyBaseLogger;
  readonly limits?: Partial<ServerLimits>;
}

const DEFAULT_LIMITS: ServerLimits = {
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  maxConnections: 64,
};

/** The server on `agent.adminListen`, not listening yet. It has no log-in, takes no body and changes nothing but a webroot without its directories. */
export function createAdminServer(options: AdminServerOptions): AdminApp {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = Fastify({
    http: {
      ...nodeBounds(limits),
      maxHeaderSize: 16_384,
    },
    ...serverBounds(limits, options.logger),
    bodyLimit: 1_024,
    rewriteUrl: originForm,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, error.statusCode ?? 400, error.message.slice(0, 300));
    },
  });
  keepBounds(app, limits);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (isAmbiguous(request.raw)) return sendProblem(reply, 400, 'more than one Host header');
    if (isAnyHostsPath(request.url) || isOwnHost(request.headers.host, options.names)) return;
    return sendProblem(
      reply,
      421,
      'the Host header names another host: ask by address, by localhost or by the name of a node',
    );
  });
  // Before a body is read: strangers reach this through the web server, and must not fill the journal with what is wrong with theirs.
  app.addHook('onRequest', async ({ method, url }, reply) => {
    if (method !== 'GET' && method !== 'HEAD') return sendNothingHere(reply, method, url);
  });
  addProblemDocuments(app);
  addHealthRoutes(app, options);
  addMetricsRoutes(app, options);
  addPageRoutes(app, options);
  if (options.lookup) addLookupRoutes(app, options.lookup);
  return app;
}
