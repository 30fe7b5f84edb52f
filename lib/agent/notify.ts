import { pause } from '../system/pause.ts';
import { runCommand } from '../system/run-command.ts';
import { wordsOf } from '../findings/words.ts';

const NOTIFY_TIMEOUT_MS = 5_000;
const AGAIN_AFTER_MS = 5_000;

/** What systemd is told (sd_notify(3)). */
export type Notification = 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1' | `STATUS=${string}`;

export interface ReadyOptions {
  readonly env: NodeJS.ProcessEnv;
  /** called once, with why the first attempt failed */
  readonly onTrouble: (trouble: string) => void;
  /** ends the attempts */
  readonly signal: AbortSignal;
  /** milliseconds between two attempts; default 5000 */
  readonly pauseMs?: number;
}

/**
 * Tells systemd that the service is ready, until it has heard: it ends a service that has not said so in time, as on a host that is busy
 * at its boot. Resolves after the first attempt. Never rejects.
 */
export async function notifyReady({
  env,
  onTrouble,
  signal,
  pauseMs = AGAIN_AFTER_MS,
}: ReadyOptions): Promise<void> {
  const trouble = await notifySystemd(['READY=1'], env);
  if (trouble === null) return;
  onTrouble(trouble);
  const again = async () => {
    do await pause(pauseMs, signal);
    while (!signal.aborted && (await notifySystemd(['READY=1'], env)) !== null);
  };
  void again();
}

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
