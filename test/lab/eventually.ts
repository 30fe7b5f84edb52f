import { setTimeout as pause } from 'node:timers/promises';

export interface Deadline {
  readonly timeoutMs: number;
  /** What is awaited; the error's first words. */
  readonly what: string;
  /** Default 25. */
  readonly everyMs?: number;
}

/** Asks until the answer is neither undefined nor false; throws when the deadline is over. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false>,
  { timeoutMs, what, everyMs = 25 }: Deadline,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(everyMs);
  }
}
