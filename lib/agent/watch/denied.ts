import { pause } from '../../system/pause.ts';
import { createRate } from '../limits.ts';

export interface DeniedOptions {
  /** whether a token's file is there, and this process may not read it */
  readonly isDenied: (token: string) => Promise<boolean>;
  /** called once for each file that stays so, with its token */
  readonly onDenied: (token: string) => void;
  readonly signal: AbortSignal;
  /** milliseconds that a program has to let others read what it has written; default a second */
  readonly patienceMs?: number;
}

/** Ten thousand such files fill neither journal nor events. */
const TOLD = { atMost: 20, withinMs: 600_000 };
const PATIENCE_MS = 1_000;

/** Watches for files that the agent may not read. @returns to be called with each token of which nothing was read; never rejects */
export function createDenied(options: DeniedOptions): (token: string) => Promise<void> {
  const { isDenied, onDenied, signal, patienceMs = PATIENCE_MS } = options;
  const known = new Set<string>();
  const mayTell = createRate(TOLD.atMost, TOLD.withinMs, () => performance.now());
  return async (token) => {
    if (!(await isDenied(token))) return void known.delete(token);
    if (known.has(token) || !mayTell()) return;
    known.add(token);
    if (known.size > TOLD.atMost) known.delete([...known][0] ?? '');
    await pause(patienceMs, signal);
    if (signal.aborted) return;
    if (await isDenied(token)) onDenied(token);
    else known.delete(token);
  };
}
