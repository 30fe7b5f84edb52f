import type { Finding } from '../findings/register.ts';

/** How an attempt on one node ended. That a peer fails is expected, so it is a value and no error. */
export type Outcome = { readonly isOk: true } | { readonly isOk: false; readonly reason: Finding };

export const OK: Outcome = { isOk: true };

export function failure(reason: Finding): Outcome {
  return { isOk: false, reason };
}
