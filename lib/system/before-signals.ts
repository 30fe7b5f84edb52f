import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What of this process is needed to hear signals and to send them. */
type Hearing = Pick<EventEmitter, 'prependListener' | 'off' | 'listenerCount'> &
  Pick<NodeJS.Process, 'pid' | 'kill'>;

/**
 * Does something once, before a signal ends this process. Where others hear the signal, what becomes of it is theirs. It
 * listens until then: a signal that is on its way when nobody listens any more would be lost.
 */
export function beforeSignals(act: () => void, heard: Hearing = process): void {
  const onSignal = (signal: NodeJS.Signals) => {
    // First: libraries look at how many listen, and end the process only where nobody else does.
    stop();
    act();
    if (heard.listenerCount(signal) === 0) heard.kill(heard.pid, signal);
  };
  const stop = () => {
    for (const signal of SIGNALS) heard.off(signal, onSignal);
  };
  for (const signal of SIGNALS) heard.prependListener(signal, onSignal);
}
