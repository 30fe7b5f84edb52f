import { CertbotHaError } from '../base/errors.ts';
import { deadline } from './deadline.ts';
import { unlessHung } from './hung.ts';

/** What is mounted answers in milliseconds; who asks an agent waits for more than this. */
const LIMIT_MS = 1_000;

export interface WorkOptions {
  /** milliseconds for it, and as many for its wait; default: those of the place */
  readonly limitMs?: number;
  /** what it does where another one hangs: default, it is refused at once; `wait`: in its own time; `stay`: however long that and itself take */
  readonly whileHung?: 'refuse' | 'wait' | 'stay';
}

/** @throws {CertbotHaError} `failed` with `file-system-silent` where its turn does not come, or does not end, in time */
export type Turn = <T>(work: () => Promise<T>, options?: WorkOptions) => Promise<T>;

export interface TurnOptions {
  /** milliseconds for each, and as many for its wait; default 1000 */
  readonly limitMs?: number;
  /** how many may be at work, each of which takes a thread; default 1 */
  readonly atOnce?: number;
}

/**
 * Work on files at one place, so many at once, so that a file system that hangs holds no more threads of Node.js than that. While a call
 * there has not come back in its time, nothing else is begun there.
 */
export function inTurn(place: string, { limitMs: usual = LIMIT_MS, atOnce = 1 }: TurnOptions = {}): Turn {
  const waiting = new Set<() => void>();
  let [working, late] = [0, 0];
  const silent = () => new CertbotHaError('failed', { code: 'file-system-silent', place });

  const beginNext = () => {
    for (const next of waiting) if (late === 0 && working < atOnce) next();
  };

  /** @param limit absent: it waits however long that takes */
  const turnOf = async (limit?: AbortSignal): Promise<void> =>
    await new Promise((resolve, reject) => {
      const begin = () => {
        waiting.delete(begin);
        working += 1;
        resolve();
      };
      waiting.add(begin);
      limit?.addEventListener('abort', () => void (waiting.delete(begin) && reject(silent())), {
        once: true,
      });
      beginNext();
    });

  /** Notes whether the work takes longer than it may. */
  const watched = async <T>(work: () => Promise<T>, limit: AbortSignal): Promise<T> => {
    let isLate = false;
    const onLate = () => {
      isLate = true;
      late += 1;
    };
    limit.addEventListener('abort', onLate, { once: true });
    try {
      return await work();
    } finally {
      limit.removeEventListener('abort', onLate);
      working -= 1;
      if (isLate) late -= 1;
      beginNext();
    }
  };

  return async (work, { limitMs = usual, whileHung = 'refuse' } = {}) => {
    if (late > 0 && whileHung === 'refuse') throw silent();
    const wait = whileHung === 'stay' ? undefined : deadline(limitMs);
    await turnOf(wait);
    // What had to wait is not late for that.
    const limit = deadline(limitMs);
    const result = watched(work, limit);
    try {
      return await unlessHung(place, limit, async () => await result);
    } catch (error) {
      if (whileHung === 'stay' && limit.aborted) return await result;
      throw error;
    }
  };
}
