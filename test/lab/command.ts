import { constants } from 'node:os';
import { start } from '../support/programs/program.ts';
import type { RunOptions, RunResult } from './contract.ts';

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
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, env, input, onOutput }: RunOptions = {},
  title: readonly string[] = argv,
): Promise<RunResult> {
  if (argv.length === 0) throw new Error('an empty command');
  const program = start(argv, {
    env: { ...PLAIN_ENVIRONMENT, ...env },
    // So that a time-out can end it together with what it started.
    leadsGroup: true,
    ...(input === undefined ? {} : { input }),
    ...(onOutput === undefined ? {} : { onOutput }),
  });
  let isLate = false;
  const kill = () => void program.kill();
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted === true) kill();
  try {
    const { code, signal: end, stdout, stderr } = await program.ended;
    const result = { code: code ?? 128 + constants.signals[end ?? 'SIGKILL'], stdout, stderr };
    if (isLate) throw new Error(`no end after ${timeoutMs} ms: ${describe(title, result)}`);
    return result;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
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
