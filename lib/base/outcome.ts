import type { Finding } from '../findings/register.ts';

/** How an attempt on one node ended. That a peer fails is expected, so it is a value and no error. */
export type Outcome =
  | { readonly isOk: true }
  | {
      readonly isOk: false;
      readonly reason: Finding;
      /** an attempt before the last one had no answer: it may have been carried out, whatever the reason says */
      readonly mayBeDone?: true;
    };

export const OK: Outcome = { isOk: true };

export function failure(reason: Finding): Outcome {
  return { isOk: false, reason };
}

/** How an attempt ended that followed upon others, one of which may have been carried out. */
export function afterUnsure(outcome: Outcome, mayBeDone: boolean): Outcome {
  return outcome.isOk || !mayBeDone ? outcome : { ...outcome, mayBeDone };
}

/** What is too much for one attempt, in several of so many at the most: one after another, until one fails. */
export async function inParts<T>(
  all: readonly T[],
  most: number,
  send: (part: readonly T[]) => Promise<Outcome>,
): Promise<Outcome> {
  for (let start = 0; start < all.length; start += most) {
    const outcome = await send(all.slice(start, start + most));
    if (!outcome.isOk) return outcome;
  }
  return OK;
}
