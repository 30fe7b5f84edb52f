import { CertbotHaError } from '../base/errors.ts';
import { deadline } from './deadline.ts';
import { unlessHung } from './hung.ts';

/** What is mounted answers in milliseconds; who asks an agent waits for more than this. */
const LIMIT_MS = 1_000;

/**
 * @param limitMs for the work and its wait; default: as the place has it
 * @throws {CertbotHaError} `failed` with `file-system-silent` where its turn does not come, or does not end, in time
 */
export type Turn = <T>(work: () => Promise<T>, limitMs?: number) => Promise<T>;

/**
 * Work on files at one place, one after another, so that a file system that hangs holds one thread of Node.js at most. While a call there
 * has not come back, all others are refused at once.
 * @param usualMs for each, with its wait; default 1000
 */
export function inTurn(place: string, usualMs = LIMIT_MS): Turn {
  let last: Promise<unknown> = Promise.resolve();
  let isStuck = false;
  const silent = () => new CertbotHaError('failed', { code: 'file-system-silent', place });
  return async (work, limitMs = usualMs) => {
    if (isStuck) throw silent();
    const before = last;
    let isOver = false;
    const running = (async () => {
      await before;
      if (isOver) throw silent();
      return await work();
    })();
    const settled = running.then(nothing, nothing);
    last = settled;
    const limit = deadline(limitMs);
    try {
      return await unlessHung(place, limit, async () => await running);
    } catch (error) {
      isOver = true;
      if (limit.aborted) {
        isStuck = true;
        void settled.then(() => (isStuck = false));
      }
      throw error;
    }
  };
}

const nothing = () => undefined;
