import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';

/** certbot cleans up when it is told to end. */
const CLEAN_UP_MS = 30_000;

export interface ForegroundOptions {
  /** what ends it besides the terminal; default: SIGTERM and SIGHUP to this process */
  readonly ending?: AbortSignal;
  /** after which it is told to end; default: it has all the time */
  readonly timeoutMs?: number;
}

/** Runs certbot in the foreground, on this terminal. Resolves to its exit code; null: a signal has ended it. */
export async function certbotInForeground(
  argv: readonly string[],
  io: Pick<CommandIo, 'env' | 'interruption' | 'progress'>,
  { ending = untilTold(io), timeoutMs }: ForegroundOptions = {},
): Promise<number | null> {
  const over = io.progress?.pause();
  const child = spawn('certbot', argv, { stdio: 'inherit', env: io.env });
  const end = () => void child.kill('SIGTERM');
  if (ending.aborted) end();
  else ending.addEventListener('abort', end, { once: true });
  const timers =
    timeoutMs === undefined
      ? []
      : [setTimeout(end, timeoutMs), setTimeout(() => child.kill('SIGKILL'), timeoutMs + CLEAN_UP_MS)];
  try {
    const [code] = (await once(child, 'close').catch((error: unknown) => {
      if (!hasErrorCode(error, 'ENOENT')) throw error;
      throw new CertbotHaError('failed', { code: 'certbot-not-installed' }, { cause: error });
    })) as [number | null];
    return code;
  } finally {
    ending.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
    over?.();
  }
}

/**
 * Ctrl-C reaches certbot by the terminal as well, and a second signal would end it within its clean-up. What is sent to this
 * process alone has to be passed on, also what comes while certbot begins.
 */
function untilTold(io: Pick<CommandIo, 'interruption'>): AbortSignal {
  io.interruption(['SIGINT']);
  return io.interruption(['SIGTERM', 'SIGHUP']);
}
