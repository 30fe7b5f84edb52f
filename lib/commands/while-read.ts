import type { CommandIo } from '../base/io.ts';
import { forMany } from '../system/deadline.ts';

/** From the call on, an interruption aborts it, and so does a line on stdout that nobody reads any more. */
export function whileRead(io: Pick<CommandIo, 'interruption' | 'unread'>): AbortSignal {
  const controller = new AbortController();
  for (const signal of [io.interruption(), io.unread])
    signal?.addEventListener('abort', () => controller.abort(), { once: true });
  // Every step of every look listens to it.
  return forMany(controller.signal);
}
