import { join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../errors.ts';
import { withLock } from '../process/lock.ts';

/** A deploy hook has waited for a minute or two anyway, and must not be lost. */
export const DEPLOY_WAIT_MS = 300_000;
const SYNC_WAIT_MS = 1_000;

const lockOf = (stateDir: string) => join(stateDir, 'delivery');

/** Runs a roll-out while no other one runs on this node: two would break each other's order. */
export async function withDeliveryLock<T>(stateDir: string, run: () => Promise<T>): Promise<T> {
  return await withLock(lockOf(stateDir), run, DEPLOY_WAIT_MS);
}

/** The same for work that the next timer does as well: null where another roll-out is under way. */
export async function tryDeliveryLock<T>(
  stateDir: string,
  run: () => Promise<T>,
  waitMs: number = SYNC_WAIT_MS,
): Promise<T | null> {
  let isHeld = false;
  try {
    return await withLock(
      lockOf(stateDir),
      async () => {
        isHeld = true;
        return await run();
      },
      waitMs,
    );
  } catch (error) {
    if (!isHeld && error instanceof CertbotHaError && hasErrorCode(error.cause, 'ELOCKED')) return null;
    throw error;
  }
}
