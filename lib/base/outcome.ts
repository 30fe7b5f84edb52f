/** How an attempt on one node ended. That a peer fails is expected, so it is a value and no error. */
export type Outcome = { readonly isOk: true } | { readonly isOk: false; readonly reason: string };

export const OK: Outcome = { isOk: true };

export function failure(reason: string): Outcome {
  return { isOk: false, reason };
}
