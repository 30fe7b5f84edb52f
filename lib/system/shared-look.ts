import { expectedFindings } from '../base/expected.ts';
import { deadline } from './deadline.ts';
import { unlessHung } from './hung.ts';

/** What is mounted answers in milliseconds; who asks an agent waits for more than this. */
const LOOK_TIMEOUT_MS = 1_000;

/**
 * A look at a place in a file system, for whoever asks; null where it does not answer, or cannot be looked at. One call that hangs holds a
 * thread, and each other one would hold another: who asks meanwhile waits for the same.
 * @param limitMs how long each waits; default 1000
 */
export function sharedLook<T>(
  place: string,
  look: () => Promise<T>,
  limitMs = LOOK_TIMEOUT_MS,
): () => Promise<T | null> {
  let looking: Promise<T> | null = null;
  const ask = async () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return await looking;
  };
  return async () => {
    try {
      return await unlessHung(place, deadline(limitMs), ask);
    } catch (error) {
      expectedFindings(error);
      return null;
    }
  };
}
