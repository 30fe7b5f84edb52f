import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import type { HookIo } from '../base/io.ts';
import { LIMITS } from '../system/limits.ts';
import { withLock } from '../system/lock.ts';

/** How long another roll-out is waited for, and what goes on meanwhile. */
interface Waiting {
  readonly io: Pick<HookIo, 'progress'>;
  readonly signal: AbortSignal;
  /** milliseconds; absent: what a roll-out takes at the most */
  readonly waitMs?: number;
}

/**
 * Runs a roll-out while no other one runs on this node: two would break each other's order.
 * @param delivery what the layout of stateDir calls so
 * @param waiting its signal ends the waiting for the other one, which whoever looks on is told of
 * @throws {CertbotHaError} `failed` when that takes longer than 5 minutes, or the signal aborts
 */
export async function withDeliveryLock<T>(
  delivery: string,
  run: () => Promise<T>,
  { io, signal, waitMs = LIMITS.rollOutMs }: Waiting,
): Promise<T> {
  const over = io.progress?.waitFor('another roll-out of this node');
  const runNow = async () => {
    over?.();
    return await run();
  };
  return await withLock(delivery, runNow, { waitMs, signal }).finally(over);
}

/** The same for what the next timer does as well: null where the other one takes longer than that. */
export async function tryDeliveryLock<T>(
  delivery: string,
  run: () => Promise<T>,
  waiting: Waiting,
): Promise<T | null> {
  let isHeld = false;
  const runHeld = async () => {
    isHeld = true;
    return await run();
  };
  try {
    return await withDeliveryLock(delivery, runHeld, waiting);
  } catch (error) {
    if (!isHeld && error instanceof CertbotHaError && hasErrorCode(error.cause, 'ELOCKED')) return null;
    throw error;
  }
}
