import type { Server } from 'node:https';
import type { FastifyInstance, FastifyReply, RouteGenericInterface } from 'fastify';

/** The agent's server: fastify on node:https. */
export type AgentApp = FastifyInstance<Server>;

/** What of a reply its senders use, whatever the route's types are. */
export type AgentReply = Pick<FastifyReply<RouteGenericInterface, Server>, 'code'>;
