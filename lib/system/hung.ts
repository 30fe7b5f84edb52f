import { CertbotHaError } from '../base/errors.ts';
import { isInterrupted } from './deadline.ts';

/** Calls that nobody waits for any more, and that have not come back. */
let abandoned = 0;
/** what will end this process; null: its end does not wait for any of them */
let ending: NodeJS.Timeout | null = null;
/** What was only slow comes back in this time, on a machine that has much to do as well. */
const BACK_WITHIN_MS = 1_000;

/**
 * Waits for work on files until the signal aborts, and no longer: a hard mount whose file server is away answers
 * nothing, and a call on it cannot be given up. It holds one of the few threads that Node.js has for files, so
 * whoever does much at once there has to limit it.
 * @param place what is said not to answer
 * @throws {CertbotHaError} `failed` when it was not done in time, or before the interruption
 */
export async function unlessHung<T>(place: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw notInTime(place, signal);
  const running = run();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      abandoned += 1;
      const isBack = () => {
        abandoned -= 1;
        if (abandoned === 0 && ending !== null) clearTimeout(ending);
      };
      running.then(isBack, isBack);
      reject(notInTime(place, signal));
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Why what was to be done at a place was given up: the signal, which has aborted, tells. */
export function notInTime(place: string, signal: AbortSignal): CertbotHaError {
  const code = isInterrupted(signal) ? 'file-wait-interrupted' : 'file-system-silent';
  return new CertbotHaError('failed', { code, place });
}

/**
 * The end of a program that has done its work. Node.js waits for its threads, also in process.exit(), and one in such a call
 * never comes back: only SIGKILL ends it. One that was only late is given a second more, so that the exit code is this program's own.
 */
export function endDespiteHung(): void {
  if (abandoned === 0) return;
  ending = setTimeout(() => process.kill(process.pid, 'SIGKILL'), BACK_WITHIN_MS);
}

/**
 * Has a program that was told to end do so: what it waits for then may never come back, and with it neither its end nor process.exit().
 * @param signal tells it to end
 * @param withinMs how long it has for that, from then on
 */
export function endAtLast(signal: AbortSignal, withinMs: number): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  signal.addEventListener('abort', () => setTimeout(kill, withinMs).unref(), { once: true });
}
