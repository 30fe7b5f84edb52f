import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { hasErrorCode } from '../base/errors.ts';
import { runCommand } from '../system/run-command.ts';

const LOGGER_TIMEOUT_MS = 2_000;

/**
 * Says something past certbot: on its own stderr or, where that cannot be opened (the journal's socket), in the
 * system's log. What a hook writes goes through certbot, which throws it away when it is ended while the hook runs.
 */
export async function writeToStderrOf(pid: number, lines: readonly string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('');
  try {
    const { O_WRONLY, O_APPEND, O_NONBLOCK } = constants;
    const descriptor = openSync(`/proc/${pid}/fd/2`, O_WRONLY | O_APPEND | O_NONBLOCK);
    try {
      writeSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!hasErrorCode(error, 'ENXIO', 'EACCES', 'ENOENT', 'EAGAIN', 'EPIPE', 'EPERM')) throw error;
    // Without a logger there is nowhere left to say it; certbot is ended anyway.
    await runCommand(['logger', '-t', 'certbot-ha', '-p', 'user.err'], {
      timeoutMs: LOGGER_TIMEOUT_MS,
      input: text,
    });
  }
}
