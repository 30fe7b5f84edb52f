import { setMaxListeners } from 'node:events';

/**
 * A signal that aborts with the other one, or after the time. Not AbortSignal.any with
 * AbortSignal.timeout: Node.js 20 lets the garbage collector take such a timeout, and then nothing ends.
 */
export function within(signal: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // as many may wait for it as will
  const timer = setTimeout(() => controller.abort(new DOMException('the time is over', 'TimeoutError')), ms);
  timer.unref(); // it ends what waits, and must not itself keep a process waiting
  if (signal.aborted) controller.abort(signal.reason);
  else {
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        controller.abort(signal.reason);
      },
      { once: true, signal: controller.signal },
    );
  }
  return controller.signal;
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
  return controller.signal;
}
