import { setMaxListeners } from 'node:events';

/** From the call on, SIGINT, SIGTERM and SIGHUP abort this signal instead of ending the process. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Every step on every node waits for it: Node.js would take that many for a leak and say so on stderr.
  setMaxListeners(0, controller.signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
