import type { FastifyBaseLogger } from 'fastify';
import { logFinding } from './log.ts';
import { notifySystemd } from './notify.ts';

export interface WatchdogOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly logger: FastifyBaseLogger;
}

/** One notification may be late, or fail, on a machine that is busy. */
const PER_PERIOD = 3;

/**
 * Tells systemd from the event loop that the loop still turns, where the unit has `WatchdogSec=` (sd_watchdog_enabled(3)). systemd
 * ends an agent that it has not heard of for so long, and starts it again.
 * @returns what stops it
 */
export function startWatchdog({ env, pid, logger }: WatchdogOptions): () => void {
  const periodMs = watchdogPeriodMs(env, pid);
  if (periodMs === null) return () => {};
  const intervalMs = periodMs / PER_PERIOD;
  let isNotifying = false;
  const notify = async () => {
    if (isNotifying) return;
    isNotifying = true;
    const trouble = await notifySystemd(['WATCHDOG=1'], env, intervalMs);
    isNotifying = false;
    if (trouble !== null) logFinding(logger, 'warn', { code: 'watchdog-not-notified' }, { trouble });
  };
  const timer = setInterval(() => void notify(), intervalMs);
  return () => clearInterval(timer);
}

/** How long systemd waits to hear of this process, in milliseconds; null where it does not. */
export function watchdogPeriodMs(env: NodeJS.ProcessEnv, pid: number): number | null {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const isMeant = [undefined, '', String(pid)].includes(env['WATCHDOG_PID']);
  return isMeant && Number.isSafeInteger(microseconds) && microseconds > 0 ? microseconds / 1000 : null;
}
