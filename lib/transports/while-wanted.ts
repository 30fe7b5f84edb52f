import { failure, type Outcome } from '../base/outcome.ts';

/** How a call ends, or that its time was over: what was asked may go on. */
export async function whileWanted(asked: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  let onAbort = () => {};
  const over = new Promise<Outcome>((resolve) => {
    onAbort = () => resolve(failure({ code: 'no-time-left' }));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([asked, over]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
