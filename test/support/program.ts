import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

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
  readonly ended: Promise<Ended>;
  /** Ends it, whatever it does, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  /** instead of this process's environment */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

export function start(argv: readonly string[], options: ProgramOptions = {}): Running {
  const [program = '', ...args] = argv;
  const { env = process.env, cwd } = options;
  const child = spawn(program, args, { env, stdio: 'pipe', ...(cwd === undefined ? {} : { cwd }) });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      child.emit('said');
    });
  }
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(options.input ?? '');
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
    says: async (pattern) =>
      await new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
          if (match) resolve(match);
        };
        child.on('said', look);
        child.once('close', () => {
          reject(
            new Error(`${argv.join(' ')} ended without ${pattern.source}:\n${text.stdout}${text.stderr}`),
          );
        });
        child.once('error', reject);
        look();
      }),
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended.catch(() => undefined); // it never started
    },
  };
}

/** Runs a program to its end. */
export async function run(argv: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return await start(argv, options).ended;
}
