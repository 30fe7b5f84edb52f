import { runCommand } from '../system/run-command.ts';
import { wordsOf } from '../findings/words.ts';

const NOTIFY_TIMEOUT_MS = 5_000;

/** What systemd is told (sd_notify(3)). */
export type Notification = 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1' | `STATUS=${string}`;

/**
 * Notifies systemd of the service's state (sd_notify(3)). Node.js has no datagram sockets of the Unix
 * family, so systemd's own program says it. Without NOTIFY_SOCKET there is nobody to notify.
 * @returns why it could not be notified, or null
 */
export async function notifySystemd(
  states: readonly Notification[],
  env: NodeJS.ProcessEnv,
  timeoutMs: number = NOTIFY_TIMEOUT_MS,
): Promise<string | null> {
  if (!env['NOTIFY_SOCKET']) return null;
  const result = await runCommand(['systemd-notify', ...states], { env, timeoutMs });
  if (result.code === 0) return null;
  return (result.trouble && wordsOf(result.trouble)) ?? `systemd-notify: ${result.stderr.trim()}`;
}
