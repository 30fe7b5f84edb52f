import type { ChildProcess } from 'node:child_process';
import { isHeard } from './interruption.ts';

/** A child that was started with a process group of its own. */
export interface ProcessGroup {
  /** Ends all that is in it, at once; nothing once it was left. */
  readonly end: () => void;
  /** The child has ended itself: what it has left running may be a server. */
  readonly left: () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const running = new Set<number>();
let isListening = false;

/**
 * Starts a child that leads a process group. While it runs, it ends with this process, unless that is killed with SIGKILL.
 * The signals are listened for before: one that comes while it is started would leave it running.
 */
export function startGroup(start: () => ChildProcess): {
  readonly child: ChildProcess;
  readonly group: ProcessGroup;
} {
  listen();
  const child = start();
  const { pid } = child;
  if (pid === undefined) return { child, group: { end: () => undefined, left: () => undefined } };
  running.add(pid);
  return { child, group: groupOf(pid) };
}

function groupOf(pid: number): ProcessGroup {
  return {
    end: () => {
      if (running.has(pid)) endGroup(pid);
    },
    left: () => void running.delete(pid),
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

/**
 * A program that hears the signal ends what it has to, and may let the rest come to its end. How many listen does not tell:
 * outside the bundle proper-lockfile's signal-exit does, and ends no process beside another listener.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (isHeard(signal)) return;
  endAll();
  unlisten();
  process.kill(process.pid, signal);
}

/** Once and for good: a signal that is on its way when nobody listens any more would be lost, and end nothing. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  process.on('exit', endAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unlisten(): void {
  isListening = false;
  process.off('exit', endAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
