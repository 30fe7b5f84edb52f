import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves after the time or, without an error, as soon as the signal aborts: whoever waits looks at the signal next.
 * @param ms milliseconds
 */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
