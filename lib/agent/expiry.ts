import type { FastifyBaseLogger } from 'fastify';
import { MAX_BUNDLE_AGE_MS } from '../inbox/layout.ts';
import { expireBundles } from '../inbox/stage.ts';
import { logFinding } from './log.ts';
import type { Webroot } from '../challenge/webroot.ts';

export interface ExpiryOptions {
  readonly webroot: Webroot;
  /** bundles that nobody activates are taken away as well; null where the inbox is not the agent's */
  readonly inbox: string | null;
  /** milliseconds a token may live on this node */
  readonly ttlMs: number;
  readonly logger: FastifyBaseLogger;
}

/** What is over is gone a tenth of the TTL later, and at most a minute. */
const MAX_INTERVAL_MS = 60_000;

/**
 * Removes tokens whose time is over, now and from now on, also those that were there before.
 * @returns what stops it
 */
export function startExpiry({ webroot, inbox, ttlMs, logger }: ExpiryOptions): () => void {
  const sweep = async () => {
    try {
      const tokens = await webroot.expire(ttlMs, Date.now());
      if (tokens.length > 0) logFinding(logger, 'info', { code: 'tokens-expired' }, { tokens });
      if (inbox !== null) await expireBundles(inbox, MAX_BUNDLE_AGE_MS, Date.now());
    } catch (error) {
      logFinding(logger, 'error', { code: 'expiry-failed' }, { err: error });
    }
  };
  void sweep();
  const timer = setInterval(() => void sweep(), Math.min(MAX_INTERVAL_MS, ttlMs / 10));
  return () => clearInterval(timer);
}
