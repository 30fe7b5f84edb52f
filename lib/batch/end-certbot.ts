import { messageOf, hasErrorCode } from '../base/errors.ts';
import { writeToStderrOf } from '../certbot/stderr.ts';
import { lineOf } from '../findings/words.ts';
import { isRunning, type ProcessId } from '../system/processes.ts';

interface Said {
  readonly err: (line: string) => void;
  /** what the hook has written to its stderr, and writes until it is over */
  readonly said: readonly string[];
}

/**
 * Ends the certbot that runs this hook, so that the CA is never asked. certbot does not pass on what
 * such a hook has said, so that is written past it.
 */
export async function endCertbot(certbot: ProcessId | null, { err, said }: Said): Promise<void> {
  if (certbot === null || !isRunning(certbot)) {
    err(lineOf({ code: 'no-certbot-to-end' }));
    return;
  }
  const { pid } = certbot;
  err(lineOf({ code: 'certbot-ended-by-hook', pid }));
  const lines = said.map((line) => `certbot-ha: ${line}`);
  // A terminal that is gone or a full disk must not keep certbot from being ended.
  await writeToStderrOf(pid, lines).catch((error: unknown) => err(messageOf(error)));
  // That may have taken two seconds, in which certbot may have ended and its number have been given away.
  if (!isRunning(certbot)) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (hasErrorCode(error, 'ESRCH')) return;
    err(lineOf({ code: 'system-error', error: messageOf(error) }));
  }
}
