import { challengePath, type Challenge } from '../challenge/challenge.ts';
import { bracketed } from '../net/address.ts';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import { createConnector, type Connector } from '../net/connector.ts';
import { Agent } from '../net/undici.ts';
import { FETCH_TIMEOUT_MS, fetchAsCa, MAX_BODY_BYTES, type Fetched } from './fetch-as-ca.ts';
import type { ProbeResult, Probe } from './probe.ts';
import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Looks whether a target serves a challenge's response, by an HTTP request pinned to its address. */
export function createChallengeProbe(): {
  readonly probe: Probe<Challenge>;
  readonly close: () => Promise<void>;
} {
  // pipelining 0 asks for a connection of its own for every look, as the CA makes one.
  const limits = { headersTimeout: FETCH_TIMEOUT_MS, bodyTimeout: FETCH_TIMEOUT_MS, pipelining: 0 };
  // Where a redirect leads to https, the CA does not verify the certificate either.
  const tls = { rejectUnauthorized: false, ca: [], timeout: CONNECT_TIMEOUT_MS };
  const connectors: Connector[] = [];
  const agentTo = (address?: string): Agent => {
    const connector = createConnector(tls, address);
    connectors.push(connector);
    return new Agent({ ...limits, connect: connector.connect });
  };
  const unpinned = agentTo();
  const pinned = new Map<string, Agent>();

  const pinnedTo = (address: string): Agent => {
    const agent = pinned.get(address) ?? agentTo(address);
    pinned.set(address, agent);
    return agent;
  };

  const probe: Probe<Challenge> = async (target, challenge, signal) => {
    const timeout = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    try {
      const fetched = await fetchAsCa(urlOf(target, challenge), {
        pinned: pinnedTo(target.address),
        unpinned,
        ports: new Set([80, 443, target.httpPort, target.httpsPort]),
        signal: AbortSignal.any([signal, timeout]),
      });
      return judge(fetched, challenge);
    } catch (error) {
      if (signal.aborted) return { state: 'silent', reason: { code: 'no-time-left' } };
      if (timeout.aborted) return { state: 'failing', reason: SLOW };
      const failure = explainNetworkError(error);
      if (failure === null) throw error;
      // A redirect may have led to another port.
      const port = failure.code === 'connection-refused' ? target.httpPort : null;
      const reason = networkFinding(failure, { who: target.kind, port });
      return { state: failure.isSilent ? 'silent' : 'failing', reason };
    }
  };

  const close = async () => {
    await Promise.all([unpinned, ...pinned.values()].map(async (agent) => await agent.destroy()));
    for (const { giveUp } of connectors) giveUp();
  };
  return { probe, close };
}

const SLOW: Finding = { code: 'answer-too-slow', seconds: FETCH_TIMEOUT_MS / 1000 };

function urlOf(target: Target, { identifier, token }: Challenge): URL {
  return new URL(`http://${bracketed(identifier)}:${target.httpPort}${challengePath(token)}`);
}

function judge(fetched: Fetched, challenge: Challenge): ProbeResult {
  if ('refusal' in fetched) return { state: 'failing', reason: fetched.refusal };
  const { status, body } = fetched;
  if (status !== 200) return { state: 'failing', reason: explainStatus(fetched) };
  if (body.length >= MAX_BODY_BYTES) {
    return { state: 'failing', reason: { code: 'body-too-long', maxBytes: MAX_BODY_BYTES } };
  }
  const text = body.toString('latin1').replace(/[\n\r\t ]+$/, '');
  if (text === challenge.keyAuthorization) return { state: 'served' };
  const [expected, got] = [shortened(challenge.keyAuthorization), shortened(text)];
  return { state: 'failing', reason: { code: 'body-differs', expected, got } };
}

function explainStatus({ status, server: given, url }: Exclude<Fetched, { refusal: Finding }>): Finding {
  const server = given.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
  const origin = url.protocol === 'https:' ? url.origin : null;
  if (status === 404) return { code: 'token-not-found', server, origin };
  if (status === 403) return { code: 'token-forbidden', server, origin };
  return { code: 'unexpected-status', status, server, origin };
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
