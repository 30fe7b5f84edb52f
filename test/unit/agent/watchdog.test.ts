import { expect, test } from 'vitest';
import { watchdogPeriodMs } from '../../../lib/agent/watchdog.ts';

test.for([
  ['this process', { WATCHDOG_USEC: '90000000', WATCHDOG_PID: '17' }, 90_000],
  ['no process in particular', { WATCHDOG_USEC: '1500000' }, 1_500],
  ['another process', { WATCHDOG_USEC: '90000000', WATCHDOG_PID: '18' }, null],
  ['nobody', {}, null],
  ['no time at all', { WATCHDOG_USEC: '0' }, null],
  ['what is no number', { WATCHDOG_USEC: 'soon' }, null],
] as const)('systemd waits to hear of %s', ([, env, periodMs]) => {
  expect(watchdogPeriodMs(env, 17)).toBe(periodMs);
});
