import { OK, type Outcome } from '../base/outcome.ts';
import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import { pause } from '../system/pause.ts';

interface Pushed {
  readonly push?: (target: Target, signal: AbortSignal) => Promise<Outcome>;
  readonly target: Target;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 500;
/** A push that went well is not repeated at once: what it brought may take a moment to be served. */
const PUSH_AGAIN_AFTER_MS = 1_000;

/** A push that can be asked for at each look: it is made where it is due. */
export type Pusher = (signal?: AbortSignal) => Promise<Outcome>;

export function createPusher({ push, target, signal: always }: Pushed): Pusher {
  let last: Outcome | null = null;
  let lastMs = 0;
  return async (signal = always) => {
    if (!push) return OK;
    const isDue = last === null || !last.isOk || performance.now() - lastMs >= PUSH_AGAIN_AFTER_MS;
    if (!isDue) return last ?? OK;
    last = await push(target, signal);
    lastMs = performance.now();
    return last;
  };
}

/**
 * What is served was looked up at another node, which may go away. Goes on from a push that has begun, and ends with the
 * signal, whatever a push does. Resolves to why it could not be brought there; null: it was.
 */
export async function pushOn(
  push: Pusher,
  begun: Promise<Outcome>,
  signal: AbortSignal,
): Promise<Finding | null> {
  const over = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  let pushing = begun;
  let unsent: Finding = { code: 'no-time-left' };
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    const pushed = await Promise.race([pushing, over]);
    if (pushed?.isOk) return null;
    // One that was cut off tells less than the one before it.
    if (pushed === null || (signal.aborted && pushing !== begun)) return unsent;
    unsent = pushed.reason;
    await pause(pauseMs, signal);
    if (signal.aborted) return unsent;
    pushing = push(signal);
  }
}
