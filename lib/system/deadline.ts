import { setMaxListeners } from 'node:events';

/** The same signal, which as many may wait for as will: Node.js would take more than ten for a leak, and say so on stderr. */
export function forMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/** A signal that aborts with the first of them, for as many as will wait for it. None of them may be of AbortSignal.timeout: see `within`. */
export function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  return forMany(AbortSignal.any([...signals]));
}

/**
 * A signal that aborts with the other one, or after the time. Not AbortSignal.any with
 * AbortSignal.timeout: Node.js 20 lets the garbage collector take such a timeout, and then nothing ends.
 */
export function within(signal: AbortSignal, ms: number): AbortSignal {
  return limitOf(signal, ms).limit;
}

/**
 * Does something under a signal of `within`, which nothing is left of when it has ended: a signal that hundreds wait for, one after another,
 * goes through all who have ever waited each time that one more does.
 */
export async function runWithin<T>(
  signal: AbortSignal,
  ms: number,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const { limit, forget } = limitOf(signal, ms);
  try {
    return await work(limit);
  } finally {
    forget();
  }
}

function limitOf(signal: AbortSignal, ms: number) {
  const controller = new AbortController();
  const forget = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
  const onAbort = () => {
    forget();
    controller.abort(signal.reason);
  };
  const timer = setTimeout(() => {
    forget();
    controller.abort(new DOMException('the time is over', 'TimeoutError'));
  }, ms);
  timer.unref(); // it ends what waits, and must not itself keep a process waiting
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
  return { limit: forMany(controller.signal), forget };
}

/** Whether it was the time that has aborted a signal of `within` or `deadline`, and no interruption. */
export function isTimeOver({ reason }: AbortSignal): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** Whether something other than the time has aborted it. */
export function isInterrupted(signal: AbortSignal): boolean {
  return signal.aborted && !isTimeOver(signal);
}

/** A signal that aborts after the time. @param ms milliseconds */
export function deadline(ms: number): AbortSignal {
  return within(new AbortController().signal, ms);
}

/** A signal that aborts the time after the other one has: for what should come to its end, unless that takes too long. @param ms milliseconds */
export function afterwards(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const onAbort = () => void setTimeout(() => controller.abort(signal.reason), ms).unref();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return forMany(controller.signal);
}
