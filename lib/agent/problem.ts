import { STATUS_CODES } from 'node:http';
import type { FastifyError } from 'fastify';
import type { AgentApp, AgentReply } from './app.ts';
import type { Problem } from '../channel/protocol.ts';
import { CertbotHaError } from '../base/errors.ts';
import { wordsOf } from '../findings/words.ts';

/** Every refusal and failure is answered with a problem document (RFC 9457). */
export function addProblemDocuments(app: AgentApp): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 404, `no ${request.method} ${request.url.slice(0, 100)} here`),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof CertbotHaError) {
      request.log.error({ from: request.ip, problems: error.problems }, 'a request could not be carried out');
      return sendProblem(reply, error.kind === 'failed' ? 507 : 500, detailOf(error));
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      request.log.warn({ from: request.ip, status, reason: error.message }, 'refused a request');
      return sendProblem(reply, status, error.message.slice(0, 300));
    }
    request.log.error({ from: request.ip, err: error }, 'a request failed');
    return sendProblem(reply, 500, 'the agent failed; its journal tells why');
  });
}

/** Answers a request with the status and its reason. */
export function sendProblem(reply: AgentReply, status: number, detail: string) {
  const problem: Problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
  return reply.code(status).type('application/problem+json').send(problem);
}

/** Without codes: whoever has asked prints it under a code of its own. */
function detailOf({ findings }: CertbotHaError): string {
  return findings.map((found) => (typeof found === 'string' ? found : wordsOf(found))).join('\n');
}
