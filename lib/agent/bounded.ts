import type { Server } from 'node:http';
import { LogController, type FastifyBaseLogger } from 'fastify';
import { checkWhileConnected } from './connection-checks.ts';
import { SCHEMAS } from './checked-request.ts';
import { FINISHING, letFinish, type ClosingApp } from './let-finish.ts';

/** How long and how much a client may keep one of the agent's servers busy. */
export interface ServerLimits {
  /** milliseconds from a request's first byte to its last */
  readonly requestTimeoutMs: number;
  /** milliseconds that a connection may be idle */
  readonly idleTimeoutMs: number;
  /** connections at a time */
  readonly maxConnections: number;
}

/** What node:http and node:https have to hold a server to. */
export function nodeBounds({ requestTimeoutMs }: ServerLimits) {
  return {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs / 2),
  };
}

/** What fastify has to be made with. */
export function serverBounds({ requestTimeoutMs, idleTimeoutMs }: ServerLimits, logger: FastifyBaseLogger) {
  return {
    requestTimeout: requestTimeoutMs,
    connectionTimeout: idleTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    ...FINISHING,
    ...SCHEMAS,
    // As long as a token may be.
    routerOptions: { maxParamLength: 128 },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
  };
}

/** Holds a server to its limits, from its first connection to its end. */
export function keepBounds(
  app: ClosingApp & { readonly server: Server },
  { maxConnections }: ServerLimits,
): void {
  app.server.maxConnections = maxConnections;
  checkWhileConnected(app.server);
  letFinish(app);
}
