import { createQuestions } from '../dns/questions.ts';
import type { Finding } from '../findings/register.ts';
import { askNameServer, hasRouteTo, TcpFailed, UDP_TIMEOUT_S, type DnsReply } from '../net/name-server.ts';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import type { Probe, ProbeResult } from './probe.ts';

/** The record of a name, as every server of its zone has to have it: a TXT record, or a CNAME record on the way to it. */
export interface DnsSubject {
  /** of the certificate's, as the CA counts failures */
  readonly identifier: string;
  /** where the record is, after CNAMEs */
  readonly name: string;
  readonly zone: string;
  /** all that this run has put there: a name and its wildcard have one record's name */
  readonly values: readonly string[];
  /** of a CNAME record on the way there, which has no values: where it leads */
  readonly to?: string | undefined;
}

const SERVED: ProbeResult = { state: 'served' };
const NO_TIME_LEFT: ProbeResult = { state: 'silent', reason: { code: 'no-time-left' } };

/**
 * Looks whether a name server's address answers for the zone, with all values. Of a server without one, no resolver has told all
 * addresses: they are asked again, and each address that is known then.
 */
export function nameServerProbe(resolvers: readonly string[]): Probe<DnsSubject> {
  return async (target, subject, signal, onContact) => {
    if (target.address !== '') return await probeNameServer(target, subject, signal, onContact);
    const { addresses, unresolved } = await (await createQuestions(resolvers, signal)).addresses(target.name);
    if (signal.aborted) return NO_TIME_LEFT;
    if (unresolved) return { state: 'silent', reason: unresolved };
    let seen: ProbeResult = { state: 'unused', reason: { code: 'name-server-without-address' } };
    for (const address of addresses) {
      if (!(await hasRouteTo(address))) continue;
      seen = await probeNameServer({ ...target, address }, subject, signal, onContact);
      if (seen.state !== 'served') break;
    }
    return seen;
  };
}

/** Looks at an address: asked itself, never a cache. */
export const probeNameServer: Probe<DnsSubject> = async (target, subject, signal, onContact) => {
  try {
    const { name } = subject;
    const reply = await askNameServer(target.address, { name, type: 'TXT' }, { signal, onContact });
    return judgeReply(reply, subject);
  } catch (error) {
    if (signal.aborted) return NO_TIME_LEFT;
    return explained(error);
  }
};

/** What a reply says of a record. */
export function judgeReply(reply: DnsReply, subject: DnsSubject): ProbeResult {
  const { zone } = subject;
  switch (reply.rcode) {
    case 'NOERROR':
    case 'NXDOMAIN':
      return reply.isAuthoritative
        ? judgeRecords(reply, subject)
        : failing({ code: 'name-server-lame', zone });
    case 'REFUSED':
    case 'NOTAUTH':
      return failing({ code: 'name-server-refuses', zone });
    case 'SERVFAIL':
      return failing({ code: 'name-server-fails', zone });
    default:
      return failing({ code: 'name-server-unclear', rcode: reply.rcode });
  }
}

function judgeRecords({ answers, authorities }: DnsReply, { name, values, to }: DnsSubject): ProbeResult {
  const own = answers.filter((answer) => answer.name.toLowerCase() === name.toLowerCase());
  const alias = own.find((answer) => answer.type === 'CNAME');
  if (to !== undefined)
    return alias?.type === 'CNAME' && alias.data.toLowerCase().replace(/\.$/, '') === to
      ? SERVED
      : failing({ code: 'cname-missing', name, to });
  const there = own.flatMap((answer) => (answer.type === 'TXT' ? [textOf(answer.data)] : []));
  if (values.every((value) => there.includes(value))) return SERVED;
  const others = there.filter((value) => !values.includes(value)).length;
  if (there.length > 0) return failing({ code: 'txt-value-missing', name, others });
  if (alias?.type === 'CNAME') return failing({ code: 'txt-is-alias', name, to: alias.data });
  const soa = authorities.find((record) => record.type === 'SOA');
  const serial = soa?.type === 'SOA' ? (soa.data.serial ?? null) : null;
  return failing({ code: 'txt-record-missing', name, serial });
}

/** A value may be cut into strings (RFC 1035, section 3.3.14), which count as one (RFC 8555, section 8.4). */
function textOf(data: string | Buffer | readonly (string | Buffer)[]): string {
  const parts: readonly (string | Buffer)[] = Array.isArray(data) ? data : [data as string | Buffer];
  return parts.map(String).join('');
}

function failing(reason: Finding): ProbeResult {
  return { state: 'failing', reason };
}

function explained(error: unknown): ProbeResult {
  if (error instanceof TcpFailed) {
    const why = explainNetworkError(error)?.error ?? 'no answer';
    return failing({ code: 'name-server-tcp-fails', error: why });
  }
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'ETIMEDOUT')
      return { state: 'silent', reason: { code: 'name-server-silent', seconds: UDP_TIMEOUT_S } };
    if (error.code === 'EBADRESP') return failing({ code: 'name-server-no-dns' });
  }
  const seen = explainNetworkError(error);
  if (seen === null) throw error;
  const reason = networkFinding(seen, { who: 'name-server', port: 53 });
  return { state: seen.isSilent ? 'silent' : 'failing', reason };
}
