import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PLAIN_ENVIRONMENT } from './command.ts';
import { killGroup } from '../support/programs/kill.ts';
import { eventually } from './eventually.ts';

/** A process that runs until it is stopped, with all that it has written. */
export interface Daemon {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly log: () => string;
  /** SIGTERM, and after 10 s SIGKILL; resolves when it is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILL to it and its descendants; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

export interface DaemonOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it can be used, by what it has written or by a look at it. */
  readonly isReady: (log: string) => boolean | Promise<boolean>;
  readonly timeoutMs: number;
}

const STOP_MS = 10_000;

/** Resolves when it is ready; throws with its log when it ends before, or is late. */
export async function startDaemon(argv: readonly string[], options: DaemonOptions): Promise<Daemon> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    env: { ...PLAIN_ENVIRONMENT, ...options.env },
    // Killed as a group; and Ctrl-C is for the one who holds the lab, not for its parts.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.unref();
  let log = '';
  const take = (chunk: Buffer | Error) => (log += chunk.toString());
  child.once('error', take);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', take);
    (stream as Socket).unref();
  }
  try {
    await eventually(
      async () => {
        if (!isRunning(child)) throw new Error('ended');
        return options.isReady(log);
      },
      { timeoutMs: options.timeoutMs, what: 'ready' },
    );
  } catch (cause) {
    await end(child, () => killGroup(child));
    throw new Error(`${argv.join(' ')}: ${(cause as Error).message}\n${log}`, { cause });
  }
  return {
    pid: child.pid ?? 0,
    isRunning: () => isRunning(child),
    log: () => log,
    kill: () => end(child, () => killGroup(child)),
    stop: () => end(child, () => child.kill('SIGTERM')),
  };
}

/** The first line of a log that matches, as soon as there is one. */
export function lineOf(log: () => string, pattern: RegExp, timeoutMs = 30_000): Promise<string> {
  const find = async () =>
    log()
      .split('\n')
      .find((line) => pattern.test(line));
  return eventually(find, { timeoutMs, what: `a line with ${pattern.source} in the log` });
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess, signal: () => void): Promise<void> {
  if (!isRunning(child)) return;
  child.ref();
  const ended = once(child, 'exit');
  signal();
  const timer = setTimeout(() => killGroup(child), STOP_MS);
  await ended;
  clearTimeout(timer);
}
