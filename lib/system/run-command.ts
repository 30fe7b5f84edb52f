import type { ChildProcess } from 'node:child_process';
import type { FindingOf } from '../findings/register.ts';
import { isInterrupted } from './deadline.ts';
import { startGroup, type ProcessGroup } from './process-groups.ts';

/** Why a program has no exit code. */
export type ProgramFinding = FindingOf<
  | 'program-not-installed'
  | 'program-too-slow'
  | 'program-stopped'
  | 'program-interrupted'
  | 'program-killed'
  | 'program-not-started'
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
  /** milliseconds, after which the program is ended; 0: it is not even started */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** how much of each of its outputs is kept, the end of it; default 64 Ki characters */
  readonly maxChars?: number;
  /** who runs it, with no further groups; default this process's user */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Of a program that talks much, the end is what tells. */
const MAX_CHARS = 65_536;
/** What a program has written is there when it ends; what comes later is not its own. */
const OUTPUT_AFTER_EXIT_MS = 1_000;
/** One that waits for a file server that is away does not even end by SIGKILL. */
const GONE_AFTER_MS = 500;

/**
 * Runs a program without a shell and waits for its end. Resolves whatever it does. A program that outlives its time, or the
 * signal, is ended with SIGKILL, and with it whatever it has started in its process group; so it is when this process ends.
 * It has no terminal, and Ctrl-C does not reach it.
 */
export async function runCommand(argv: readonly string[], options: RunOptions): Promise<CommandResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('an empty argument list');
  const { timeoutMs, signal, input = '', env = process.env, maxChars = MAX_CHARS, user } = options;
  if (signal?.aborted || timeoutMs <= 0)
    return { code: null, stdout: '', stderr: '', trouble: stoppedBy(signal, program) };
  // Without its streams where it could not be started for want of file descriptors.
  const { child, group } = startGroup(() =>
    // Brings sockets along, which a run that starts no program does not need.
    process
      .getBuiltinModule('node:child_process')
      .spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true, ...user }),
  );
  const output = outputOf(child, maxChars);
  child.stdin?.on('error', () => undefined); // a program may end without reading its input
  child.stdin?.end(input);
  const ended = await endOf({ child, group }, program, options);
  return { ...output, ...ended };
}

/** What it writes, as far as it has. */
function outputOf({ stdout, stderr }: ChildProcess, maxChars: number) {
  const output = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof output) => (chunk: string) => {
    output[name] = `${output[name]}${chunk}`.slice(-maxChars);
  };
  stdout?.setEncoding('utf8').on('data', keep('stdout'));
  stderr?.setEncoding('utf8').on('data', keep('stderr'));
  return output;
}

async function endOf(
  { child, group }: { readonly child: ChildProcess; readonly group: ProcessGroup },
  program: string,
  { timeoutMs, signal }: RunOptions,
): Promise<Pick<CommandResult, 'code' | 'trouble'>> {
  return await new Promise((resolve) => {
    let trouble: ProgramFinding | null = null;
    const end = (why: ProgramFinding) => {
      if (trouble !== null || child.pid === undefined) return;
      trouble = why;
      group.end();
      letGo(child, GONE_AFTER_MS, () => over(null));
    };
    const onAbort = () => end(stoppedBy(signal, program));
    signal?.addEventListener('abort', onAbort, { once: true });
    const seconds = Math.ceil(timeoutMs / 100) / 10;
    const limit = setTimeout(() => end({ code: 'program-too-slow', program, seconds }), timeoutMs);
    const unlimited = () => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', onAbort);
    };
    const over = (code: number | null) => {
      unlimited();
      resolve({ code, trouble });
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      trouble ??=
        error.code === 'ENOENT'
          ? { code: 'program-not-installed', program }
          : { code: 'program-not-started', program, error: error.message };
      // Never started: there will be no `close`.
      if (child.pid === undefined) over(null);
    });
    // A child of the program's own may keep the pipes open for as long as it likes.
    child.on('exit', () => {
      unlimited();
      group.left();
      letGo(child, OUTPUT_AFTER_EXIT_MS);
    });
    child.on('close', (code, endedBy) => {
      trouble ??= endedBy ? { code: 'program-killed', program, signal: endedBy } : null;
      over(code);
    });
  });
}

/** Waits for the streams no longer than this, nor for the child itself. */
function letGo(child: ChildProcess, ms: number, then = () => {}): void {
  const timer = setTimeout(() => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    child.unref();
    then();
  }, ms);
  child.once('close', () => clearTimeout(timer));
}

function stoppedBy(signal: AbortSignal | undefined, program: string): ProgramFinding {
  const isEnded = signal !== undefined && isInterrupted(signal);
  return { code: isEnded ? 'program-interrupted' : 'program-stopped', program };
}
