import { pause } from '../system/pause.ts';

/** That something has come to a target, or is served there: where a VIP is looked at, it may be that one that holds it. */
export interface News {
  tell(): void;
  /** how much there was so far */
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
  const either = AbortSignal.any([signal, wake.signal]);
  const end = news.onNext(() => wake.abort());
  await pause(ms, either);
  end();
  return !either.aborted;
}
