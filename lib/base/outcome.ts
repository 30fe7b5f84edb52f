import type { Reason } from './reason.ts';

/** How an attempt on one node ended. That a peer fails is expected, so it is a value and no error. */
export type Outcome = { readonly isOk: true } | { readonly isOk: false; readonly reason: Reason };

export const OK: Outcome = { isOk: true };

export function failure(reason: Reason): Outcome {
  return { isOk: false, reason };
}
