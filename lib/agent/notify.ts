import { runCommand } from '../system/run-command.ts';
import { wordsOf } from '../findings/words.ts';

const NOTIFY_TIMEOUT_MS = 5_000;

/**
 * Notifies systemd of the service's state (sd_notify(3)). Node.js has no datagram sockets of the Unix
 * family, so systemd's own program says it. Without NOTIFY_SOCKET there is nobody to notify.
 * @returns why it could not be notified, or null
 */
export async function notifySystemd(
  state: 'READY=1' | 'STOPPING=1',
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (!env['NOTIFY_SOCKET']) return null;
  const result = await runCommand(['systemd-notify', state], { env, timeoutMs: NOTIFY_TIMEOUT_MS });
  if (result.code === 0) return null;
  return (result.trouble && wordsOf(result.trouble)) ?? `systemd-notify: ${result.stderr.trim()}`;
}
