import { forMany } from './deadline.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const heard = new Set<NodeJS.Signals>();

/** Whether this process lets a signal abort what it does instead of ending it. */
export function isHeard(signal: NodeJS.Signals): boolean {
  return heard.has(signal);
}

/** From the call on, these signals, or all three, abort this one instead of ending the process. */
export function interruption(signals: readonly (typeof SIGNALS)[number][] = SIGNALS): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    heard.add(signal);
    // Not once: libraries look at how many listen, and end the process where nobody does any more, as a second signal would.
    process.on(signal, () => controller.abort());
  }
  // Every step on every node waits for it.
  return forMany(controller.signal);
}
