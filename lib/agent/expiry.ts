import type { FastifyBaseLogger } from 'fastify';
import { MAX_BUNDLE_AGE_MS } from '../inbox/layout.ts';
import { expireBundles } from '../inbox/stage.ts';
import { logFinding } from './log.ts';
import type { Webroot } from '../challenge/webroot.ts';
import type { Turn } from '../system/in-turn.ts';

export interface ExpiryOptions {
  readonly webroot: Webroot;
  /** whether everything that is written now is told of by `begin`: then nothing is looked at while there is nothing */
  readonly isTold: () => boolean;
  /** bundles that nobody activates are taken away as well; null where the inbox is not the agent's */
  readonly inbox: string | null;
  /** for what is done in the inbox: where that hangs, no other thread is held */
  readonly storeTurn: Turn;
  /** milliseconds a token may live on this node */
  readonly ttlMs: number;
  readonly logger: FastifyBaseLogger;
}

export interface Expiry {
  /** Something may lie there that has to go when its time is over. */
  begin(): void;
  /** Looks now. Never rejects. */
  sweep(): Promise<void>;
  stop(): void;
}

/** What is over is gone a tenth of the TTL later, and at most a minute. */
const MAX_INTERVAL_MS = 60_000;
/** A thousand bundles on a slow disk. */
const MANY = { limitMs: 8_000 } as const;

/** Removes tokens whose time is over, from `begin` on, also those that were there before. */
export function createExpiry({ webroot, inbox, storeTurn, isTold, ttlMs, logger }: ExpiryOptions): Expiry {
  let timer: NodeJS.Timeout | null = null;
  let [isSweeping, isNews, isOver] = [false, true, false];
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const sweepWebroot = async () => {
    const tokens = await webroot.expire(ttlMs, Date.now());
    if (tokens.length > 0) logFinding(logger, 'info', { code: 'tokens-expired' }, { tokens });
    return await webroot.isInUse();
  };
  const sweepInbox = async () =>
    inbox !== null &&
    (await storeTurn(async () => await expireBundles(inbox, MAX_BUNDLE_AGE_MS, Date.now()), MANY));
  /** Resolves to whether it has to be looked at again. */
  const sweepOne = async (sweep: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await sweep();
    } catch (error) {
      logFinding(logger, 'error', { code: 'expiry-failed' }, { err: error });
      return true;
    }
  };
  const onTime = async () => {
    if (isSweeping) return;
    [isSweeping, isNews] = [true, false];
    // Neither waits for the other to succeed.
    const areInUse = [await sweepOne(sweepWebroot), await sweepOne(sweepInbox)];
    isSweeping = false;
    // What was written meanwhile may not have been seen.
    if (isTold() && !areInUse.includes(true) && !isNews) stop();
  };
  return {
    // No look at once: what has just been written is not over.
    begin: () => {
      isNews = true;
      if (!isOver) timer ??= setInterval(() => void onTime(), Math.min(MAX_INTERVAL_MS, ttlMs / 10));
    },
    sweep: onTime,
    stop: () => {
      isOver = true;
      stop();
    },
  };
}
