import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface Deadline<T = unknown> {
  readonly timeoutMs: number;
  /** What is awaited; the error's first words. */
  readonly what: string;
  /** Default 25. */
  readonly everyMs?: number;
  /** Whether the answer is the awaited one; default: neither undefined nor false. The last one is part of the error. */
  readonly until?: (answer: T) => boolean;
}

type Answer<T> = Exclude<T, undefined | false>;

/** Asks until the answer is the awaited one, and gives it; throws when the deadline is over. */
export async function eventually<T>(ask: () => Promise<T>, deadline: Deadline<T>): Promise<Answer<T>> {
  const { timeoutMs, what, everyMs = 25, until = isAnswer } = deadline;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (until(answer)) return answer as Answer<T>;
    if (performance.now() > end) {
      const last = isAnswer(answer) ? `, last seen: ${inspect(answer)}` : '';
      throw new Error(`${what}: not within ${timeoutMs} ms${last}`);
    }
    await pause(everyMs);
  }
}

function isAnswer(answer: unknown): boolean {
  return answer !== undefined && answer !== false;
}
