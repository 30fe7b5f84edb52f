import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import type { HookIo } from '../base/io.ts';
import { LIMITS } from '../system/limits.ts';
import { withLock, type LockOptions } from '../system/lock.ts';

const SYNC_WAIT_MS = 1_000;

/**
 * Runs a roll-out while no other one runs on this node: two would break each other's order.
 * @param delivery what the layout of stateDir calls so
 * @param waiting its signal ends the waiting for the other one, which whoever looks on is told of
 * @throws {CertbotHaError} `failed` when that takes longer than 5 minutes, or the signal aborts
 */
export async function withDeliveryLock<T>(
  delivery: string,
  run: () => Promise<T>,
  { io, signal }: { readonly io: Pick<HookIo, 'progress'>; readonly signal: AbortSignal },
): Promise<T> {
  const over = io.progress?.waitFor('another roll-out of this node');
  const runNow = async () => {
    over?.();
    return await run();
  };
  return await withLock(delivery, runNow, { waitMs: LIMITS.rollOutMs, signal }).finally(over);
}

/** Runs what the next timer does as well while no roll-out runs on this node; null, soon, where one does. */
export async function tryDeliveryLock<T>(
  delivery: string,
  run: () => Promise<T>,
  options: LockOptions = {},
): Promise<T | null> {
  let isHeld = false;
  try {
    return await withLock(
      delivery,
      async () => {
        isHeld = true;
        return await run();
      },
      { waitMs: SYNC_WAIT_MS, isPatient: true, ...options },
    );
  } catch (error) {
    if (!isHeld && error instanceof CertbotHaError && hasErrorCode(error.cause, 'ELOCKED')) return null;
    throw error;
  }
}
