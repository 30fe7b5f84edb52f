/** The time that several steps have together: each of them asks how much is left. */
export interface TimeLimit {
  /** milliseconds, never less than 0 */
  readonly leftMs: () => number;
  /** what ends the steps before */
  readonly signal?: AbortSignal;
}

/** From now on. @param ms milliseconds */
export function timeLimit(ms: number, signal?: AbortSignal): TimeLimit {
  const untilMs = performance.now() + ms;
  const leftMs = () => (signal?.aborted ? 0 : Math.max(0, untilMs - performance.now()));
  return { leftMs, ...(signal && { signal }) };
}

/** What one step may have of it, from now on. @param ms milliseconds at the most */
export function atMost(ms: number, limit?: TimeLimit): TimeLimit {
  return timeLimit(Math.min(ms, limit?.leftMs() ?? Infinity), limit?.signal);
}

/** The limit as `runCommand` takes it. */
export function runLimits({ leftMs, signal }: TimeLimit) {
  return { timeoutMs: leftMs(), ...(signal && { signal }) };
}
