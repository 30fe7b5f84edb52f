import type { CommandResult } from '../system/run-command.ts';
import { unitsReloadedBy } from './given-up.ts';

/** systemctl is-active: the unit is inactive, or there is none. */
const NOT_RUNNING: ReadonlySet<number | null> = new Set([3, 4]);

/** Whether what a command reloads runs on this host, as systemd says; null where the command names no unit. */
export async function isRunning(
  argv: readonly string[],
  ask: (argv: readonly string[]) => Promise<CommandResult>,
): Promise<boolean | null> {
  const named = unitsReloadedBy(argv);
  if (named === null) return null;
  const { code } = await ask([...named.systemctl, 'is-active', '--quiet', ...named.units]);
  return !NOT_RUNNING.has(code);
}
