import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { RunOptions, RunResult } from './contract.ts';
import { killGroup } from './kill.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

/** What a command gets to see when nothing else is said: nothing of the developer's own environment. */
export const PLAIN_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
} as const;

/** Runs to its end; throws only on a time-out, which names it by `title`, or when it cannot be started. */
export async function runCommand(
  argv: readonly string[],
  options: RunOptions = {},
  title: readonly string[] = argv,
): Promise<RunResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('an empty command');
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  // A group of its own, so that a time-out can end it together with what it started.
  const child = spawn(file, args, { env: { ...PLAIN_ENVIRONMENT, ...options.env }, detached: true });
  let stdout = '';
  let stderr = '';
  let isLate = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    options.onOutput?.(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    options.onOutput?.(chunk);
  });
  // A command may end without having read its input.
  child.stdin.on('error', () => {}).end(options.input ?? '');
  const kill = () => killGroup(child);
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted === true) kill();
  try {
    const code = await exitCode(child);
    if (isLate) throw new Error(`no end after ${timeoutMs} ms: ${describe(title, { code, stdout, stderr })}`);
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
  }
}

/** As `runCommand`, but a non-zero exit throws. Gives stdout. */
export async function checkCommand(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  return successOf(argv, await runCommand(argv, options));
}

export function successOf(argv: readonly string[], result: RunResult): string {
  if (result.code !== 0) throw new Error(describe(argv, result));
  return result.stdout;
}

function describe(argv: readonly string[], { code, stdout, stderr }: RunResult): string {
  return [`${argv.join(' ')}: exit ${code}`, stderr.trim(), stdout.trim()].filter(Boolean).join('\n');
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
  });
}
