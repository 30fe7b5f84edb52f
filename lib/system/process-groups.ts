import type { ChildProcess } from 'node:child_process';

/** A child that was started with a process group of its own. */
export interface ProcessGroup {
  /** Ends all that is in it, at once. */
  readonly end: () => void;
  /** The child has ended itself: what it has left running may be a server. */
  readonly left: () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const running = new Set<number>();

/** While it runs, it ends with this process, unless that is killed with SIGKILL. */
export function groupOf({ pid }: ChildProcess): ProcessGroup {
  if (pid === undefined) return { end: () => undefined, left: () => undefined };
  if (running.size === 0) listen();
  running.add(pid);
  return {
    end: () => endGroup(pid),
    left: () => {
      running.delete(pid);
      if (running.size === 0) unlisten();
    },
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already, or another user's, whom only root may end.
  }
}

function endAll(): void {
  for (const pid of running) endGroup(pid);
}

/** Whoever listens as well ends what it has to, and may let the rest come to its end. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  unlisten();
  process.kill(process.pid, signal);
}

function listen(): void {
  process.on('exit', endAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off('exit', endAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
