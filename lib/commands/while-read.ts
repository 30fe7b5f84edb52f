import { setMaxListeners } from 'node:events';
import type { CommandIo } from '../base/io.ts';

/** From the call on, an interruption aborts it, and so does a line on stdout that nobody reads any more. */
export function whileRead(io: Pick<CommandIo, 'interruption' | 'unread'>): AbortSignal {
  const controller = new AbortController();
  // Every step of every look listens to it: Node.js would take that many for a leak and say so on stderr.
  setMaxListeners(0, controller.signal);
  for (const signal of [io.interruption(), io.unread])
    signal?.addEventListener('abort', () => controller.abort(), { once: true });
  return controller.signal;
}
