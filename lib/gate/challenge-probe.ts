import { challengePath, type Challenge } from '../challenge/challenge.ts';
import { bracketed } from '../net/address.ts';
import { lookupUnder } from '../net/socket-lookup.ts';
import { createRoutes, FETCH_TIMEOUT_MS, type Resolve } from './ca-route.ts';
import { fetchAsCa } from './fetch-as-ca.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { Target } from '../cluster/target.ts';
import type { Probe, ProbeResult } from './probe.ts';
import type { Finding } from '../findings/register.ts';
import { isTimeOver, runWithin } from '../system/deadline.ts';

export interface ChallengeProbeOptions {
  /** of the whole batch: each target stands for them all, also where a redirect leads from one to another */
  readonly identifiers: readonly string[];
  readonly vips: readonly string[];
  /** default: as this machine does */
  readonly resolve?: Resolve;
}

interface Looking {
  /** of the gate, whose looks share what is looked up */
  readonly signal: AbortSignal;
  /** of this look */
  readonly limit: AbortSignal;
  readonly onContact: Parameters<Probe<Challenge>>[3];
}

const LOOK_UP_TIMEOUT_MS = 5_000;
const SLOW: Finding = { code: 'answer-too-slow', seconds: FETCH_TIMEOUT_MS / 1000 };

/** Looks whether a target serves a challenge's response, by an HTTP request pinned to its address. */
export function createChallengeProbe(options: ChallengeProbeOptions): Probe<Challenge> {
  const { identifiers, vips } = options;
  const hosts = new Set(identifiers.map((identifier) => urlOf(identifier).hostname));

  return async (target, challenge, signal, onContact) =>
    await runWithin(
      signal,
      FETCH_TIMEOUT_MS,
      async (limit) => await look(target, challenge, { signal, limit, onContact }),
    );

  async function look(
    target: Target,
    { identifier, token, keyAuthorization }: Challenge,
    { signal, limit, onContact }: Looking,
  ): Promise<ProbeResult> {
    // One look-up a name for all the looks of a gate, for nodes and for where redirects lead.
    const { lookup, addressesOf } = lookupUnder(signal, LOOK_UP_TIMEOUT_MS);
    const { resolve = addressesOf } = options;
    const routes = createRoutes({ target, hosts, vips, resolve, signal: limit, lookup, onContact });
    try {
      const fetched = await fetchAsCa(urlOf(identifier, challengePath(token)), {
        routeTo: routes.to,
        ports: new Set([80, 443, target.httpPort, target.httpsPort]),
        signal: limit,
      });
      return judgeAnswer(fetched, target, keyAuthorization);
    } catch (error) {
      if (signal.aborted) return { state: 'silent', reason: { code: 'no-time-left' } };
      if (isTimeOver(limit)) return { state: 'failing', reason: SLOW };
      throw error;
    } finally {
      await routes.close();
    }
  }
}

/** The CA's URL: the target's port is a matter of the connection alone, and not of the Host header. */
function urlOf(identifier: string, path = '/'): URL {
  return new URL(`http://${bracketed(identifier)}${path}`);
}
