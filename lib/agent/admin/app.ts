import type { FastifyInstance } from 'fastify';

/** The server for this host's own programs and people: fastify on node:http. */
export type AdminApp = FastifyInstance;
