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
export function createPusher({ push, target, signal }: Pushed): () => Promise<Outcome> {
  let last: Outcome | null = null;
  let lastMs = 0;
  return async () => {
    if (!push) return OK;
    const isDue = last === null || !last.isOk || performance.now() - lastMs >= PUSH_AGAIN_AFTER_MS;
    if (!isDue) return last ?? OK;
    last = await push(target, signal);
    lastMs = performance.now();
    return last;
  };
}

/** What is served was looked up at another node, which may go away. Resolves to why it could not be brought there; null: it was. */
export async function pushOn(push: () => Promise<Outcome>, signal: AbortSignal): Promise<Finding | null> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    await pause(pauseMs, signal);
    const pushed = await push();
    if (pushed.isOk) return null;
    if (signal.aborted) return pushed.reason;
  }
}
