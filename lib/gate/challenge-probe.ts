import { challengePath, type Challenge } from '../challenge/challenge.ts';
import { bracketed } from '../net/address.ts';
import { createRoutes } from './ca-route.ts';
import { FETCH_TIMEOUT_MS, fetchAsCa } from './fetch-as-ca.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { Probe } from './probe.ts';
import type { Finding } from '../findings/register.ts';

const TIMEOUT_MS = { connect: 5_000, answer: FETCH_TIMEOUT_MS };
const SLOW: Finding = { code: 'answer-too-slow', seconds: FETCH_TIMEOUT_MS / 1000 };

/** Looks whether a target serves a challenge's response, by an HTTP request pinned to its address. */
export const probeChallenge: Probe<Challenge> = async (target, challenge, signal, onContact) => {
  const timeout = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  // The CA's URL: the target's port is a matter of the connection alone, and not of the Host header.
  const start = new URL(`http://${bracketed(challenge.identifier)}${challengePath(challenge.token)}`);
  const routes = createRoutes({ target, host: start.hostname, timeoutMs: TIMEOUT_MS, onContact });
  try {
    const fetched = await fetchAsCa(start, {
      dispatcherFor: routes.to,
      ports: new Set([80, 443, target.httpPort, target.httpsPort]),
      signal: AbortSignal.any([signal, timeout]),
    });
    return judgeAnswer(fetched, target, challenge);
  } catch (error) {
    if (signal.aborted) return { state: 'silent', reason: { code: 'no-time-left' } };
    if (timeout.aborted) return { state: 'failing', reason: SLOW };
    throw error;
  } finally {
    await routes.close();
  }
};
