import type { Answer } from '../channel/client.ts';
import { agentsAtOnce } from '../net/connections.ts';
import { runWithin } from '../system/deadline.ts';

/** How long a survey may take, and what it may see. */
export interface SurveyOptions {
  /** milliseconds for each thing that a node is asked, from when it is; default 6000 */
  readonly askMs?: number;
  /** ends it, with what has been seen until then; default: nothing does */
  readonly signal?: AbortSignal;
  /** default true; who is not root may not read certbot's lineages: the records tell of them then, and that is no trouble */
  readonly isRoot?: boolean;
}

const ASK_TIMEOUT_MS = 6_000;

/**
 * Asks a node's agent when it has its turn. Its own time begins then: a node that waits behind silent ones is not silent. Where all of
 * the time is over before, it is not asked, and that is the answer.
 */
export async function askInTurn<T>(
  { signal, askMs = ASK_TIMEOUT_MS }: Pick<SurveyOptions, 'signal' | 'askMs'>,
  ask: (signal: AbortSignal) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  return await agentsAtOnce(async () => {
    if (signal?.aborted) return { isOk: false, reason: { code: 'no-time-left' }, isSilent: false };
    return await runWithin(signal ?? new AbortController().signal, askMs, ask);
  });
}
