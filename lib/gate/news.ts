import { setTimeout as sleep } from 'node:timers/promises';

/** That something has come to a target, or is served there: where a VIP is looked at, it may be that one that holds it. */
export interface News {
  tell(): void;
  /** how often there was any */
  count(): number;
  /** Calls back at the next one. @returns what ends that */
  onNext(call: () => void): () => void;
}

export function createNews(): News {
  const listeners = new Set<() => void>();
  let count = 0;
  return {
    tell: () => {
      count += 1;
      for (const call of listeners) call();
    },
    count: () => count,
    onNext: (call) => {
      listeners.add(call);
      return () => void listeners.delete(call);
    },
  };
}

/**
 * Waits until there is more news than so much, or the signal aborts.
 * @returns whether that was all of the time
 */
export async function pauseUntilNews(
  ms: number,
  { news, heard, signal }: { readonly news: News; readonly heard: number; readonly signal: AbortSignal },
): Promise<boolean> {
  if (news.count() > heard) return false;
  const wake = new AbortController();
  const end = news.onNext(() => wake.abort());
  try {
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, wake.signal]) });
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    return false;
  } finally {
    end();
  }
}
