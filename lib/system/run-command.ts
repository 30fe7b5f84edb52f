import { spawn, type ChildProcess } from 'node:child_process';
import type { FindingOf } from '../findings/register.ts';

/** Why a program has no exit code. */
export type ProgramFinding = FindingOf<
  'program-not-installed' | 'program-too-slow' | 'program-stopped' | 'program-killed' | 'program-not-started'
>;

export interface CommandResult {
  /** the exit code; null when a signal ended it or it could not be started */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** why there is no exit code */
  readonly trouble: ProgramFinding | null;
}

export interface RunOptions {
  /** milliseconds, after which the program is ended */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** who runs it, with no further groups; default this process's user */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Of a program that talks much, the end is what tells. */
const MAX_OUTPUT_CHARS = 65_536;
/** What a program has written is there when it ends; what comes later is not its own. */
const OUTPUT_AFTER_EXIT_MS = 1_000;

/**
 * Runs a program without a shell and waits for its end. Resolves whatever it does; a program that
 * outlives its time, or the signal, is ended with SIGKILL.
 */
export async function runCommand(argv: readonly string[], options: RunOptions): Promise<CommandResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('an empty argument list');
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  // Without its streams where it could not be started for want of file descriptors.
  const child: ChildProcess = spawn(program, args, {
    signal,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...options.user,
  });
  const output = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof output) => (chunk: string) => {
    output[name] = `${output[name]}${chunk}`.slice(-MAX_OUTPUT_CHARS);
  };
  child.stdout?.setEncoding('utf8').on('data', keep('stdout'));
  child.stderr?.setEncoding('utf8').on('data', keep('stderr'));
  child.stdin?.on('error', () => undefined); // a program may end without reading its input
  child.stdin?.end(options.input ?? '');

  return await new Promise((resolve) => {
    let trouble: ProgramFinding | null = null;
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (timeout.aborted) {
        trouble = { code: 'program-too-slow', program, seconds: options.timeoutMs / 1000 };
      } else if (signal.aborted) trouble = { code: 'program-stopped', program };
      else if (error.code === 'ENOENT') trouble = { code: 'program-not-installed', program };
      else trouble = { code: 'program-not-started', program, error: error.message };
      // Never started: there will be no `close`.
      if (child.pid === undefined) resolve({ code: null, ...output, trouble });
    });
    // A child of the program's own may keep the pipes open for as long as it likes.
    child.on('exit', () => {
      const letGo = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_AFTER_EXIT_MS);
      child.once('close', () => clearTimeout(letGo));
    });
    child.on('close', (code, endedBy) => {
      resolve({
        code,
        ...output,
        trouble: trouble ?? (endedBy ? { code: 'program-killed', program, signal: endedBy } : null),
      });
    });
  });
}
