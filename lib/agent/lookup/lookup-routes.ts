import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { AdminApp } from '../admin/app.ts';
import { sendProblem } from '../problem.ts';
import type { Lookup } from './lookup.ts';

const ASKED = `/${TOKENS_BELOW_WEBROOT}/:token`;

/** The path that the CA asks for, as a web server hands it on: the response to a challenge, as RFC 8555, section 8.3, wants it. */
export function addLookupRoutes(app: AdminApp, lookup: Lookup): void {
  app.get<{ Params: { readonly token: string } }>(ASKED, async (request, reply) => {
    const found = await lookup(request.params.token);
    reply.header('cache-control', 'no-store');
    if (found.by === null) return sendProblem(reply, 404, 'no such challenge');
    return reply.type('text/plain; charset=utf-8').send(found.keyAuthorization);
  });
}
