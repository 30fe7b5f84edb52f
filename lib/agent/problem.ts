import { STATUS_CODES, type Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { FastifyError, FastifyInstance } from 'fastify';
import type { AgentReply } from './app.ts';
import { logFinding } from './log.ts';
import type { Problem } from '../channel/protocol.ts';
import { CertbotHaError, isDiskTrouble } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';
import { wordsOf } from '../findings/words.ts';

/** Every refusal and failure is answered with a problem document (RFC 9457). */
export function addProblemDocuments<S extends Server | TlsServer>(app: FastifyInstance<S>): void {
  app.setNotFoundHandler((request, reply) => sendNothingHere(reply, request.method, request.url));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof CertbotHaError) {
      const fields = {
        from: request.ip,
        findings: error.findings,
        problems: error.problems,
        hint: error.hint,
      };
      logFinding(request.log, 'error', { code: 'request-not-carried-out' }, fields);
      return sendProblem(reply, statusOf(error), detailOf(error));
    }
    // A full disk is the host's affair, and its own words tell more than a stack in the journal.
    const thrown: unknown = error;
    if (isSystemError(thrown)) {
      const found = { code: 'system-error', error: thrown.message } as const;
      logFinding(
        request.log,
        'error',
        { code: 'request-not-carried-out' },
        { from: request.ip, findings: [found] },
      );
      return sendFinding(reply, isDiskTrouble(thrown) ? 507 : 500, found);
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      const fields = { from: request.ip, status, reason: error.message };
      logFinding(request.log, 'warn', { code: 'request-refused' }, fields);
      return sendProblem(reply, status, error.message.slice(0, 300));
    }
    logFinding(request.log, 'error', { code: 'request-failed' }, { from: request.ip, err: error });
    return sendProblem(reply, 500, 'the agent failed; its journal tells why');
  });
}

/** Answers what there is no route for. */
export function sendNothingHere(reply: AgentReply, method: string, url: string) {
  return sendProblem(reply, 404, `no ${method} ${url.slice(0, 100)} here`);
}

/** Answers a request with the status and its reason. */
export function sendProblem(reply: AgentReply, status: number, detail: string) {
  const problem: Problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
  return reply.code(status).type('application/problem+json').send(problem);
}

/** The same with the words of the register. */
export function sendFinding(reply: AgentReply, status: number, finding: Finding) {
  return sendProblem(reply, status, wordsOf(finding));
}

/** Only the wait is given up where a file system is silent, and not what was asked for: nobody may take that for refused. */
function statusOf({ kind, findings }: CertbotHaError): 500 | 503 | 507 {
  if (findings.some(({ code }) => code === 'file-system-silent')) return 503;
  return kind === 'failed' ? 507 : 500;
}

/** One line, without codes: whoever has asked prints it under a code of its own. */
function detailOf({ findings }: CertbotHaError): string {
  return findings.map(wordsOf).join('; ');
}
