import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { killGroup } from './kill.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, and what it has written so far. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when a stream's text matches; rejects when the program ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Rejects when it could not be started. */
  readonly ended: Promise<Ended>;
  /** Ends it, whatever it does, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  /** instead of this process's environment */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** on its stdin, which then ends; null: stdin stays open, and a test writes to it. Default: nothing. */
  readonly input?: string | null;
  /** `kill` ends what it has started too; Ctrl-C does not reach it. Default false. */
  readonly leadsGroup?: boolean;
  /** Sees stdout and stderr as they come. */
  readonly onOutput?: (chunk: string) => void;
}

/** Starts a program. Everything that the tests and the lab run, apart from the lab's daemons, is started here. */
export function start(argv: readonly string[], options: ProgramOptions = {}): Running {
  const { leadsGroup = false } = options;
  const child = spawned(argv, options);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      options.onOutput?.(chunk);
      child.emit('said');
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...text,
  }));
  ended.catch(() => undefined); // whoever asks for it gets the error
  return {
    pid: child.pid ?? 0,
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    ended,
    says: async (pattern) => {
      const find = () => pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
      return await said(child, find, () => {
        const words = `${text.stdout}${text.stderr}`;
        return new Error(`${argv.join(' ')} ended without ${pattern.source}:\n${words}`);
      });
    },
    kill: async () => {
      if (leadsGroup) killGroup(child);
      else if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended.catch(() => undefined); // it never started
    },
  };
}

/** Runs a program to its end. */
export async function run(argv: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return await start(argv, options).ended;
}

function spawned(
  [program = '', ...args]: readonly string[],
  { env = process.env, cwd, input = '', leadsGroup = false }: ProgramOptions,
) {
  const where = cwd === undefined ? {} : { cwd };
  const child = spawn(program, args, { env, stdio: 'pipe', detached: leadsGroup, ...where });
  child.stdin.on('error', () => undefined); // it may end without reading
  if (input !== null) child.stdin.end(input);
  return child;
}

async function said<T>(child: ChildProcess, find: () => T | null, tooLate: () => Error): Promise<T> {
  return await new Promise((resolve, reject) => {
    const look = () => {
      const match = find();
      if (match) resolve(match);
    };
    child.on('said', look);
    child.once('close', () => reject(tooLate()));
    child.once('error', reject);
    look();
  });
}
