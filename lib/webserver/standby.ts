import type { CommandResult } from '../system/run-command.ts';
import { systemctlCall } from './systemctl.ts';

/** systemctl is-active: the unit is inactive, or there is none. */
const NOT_RUNNING: ReadonlySet<number> = new Set([3, 4]);

/** What of a command concerns what runs on this host, as systemd says. */
export interface RunningPart {
  /** null: nothing of it runs */
  readonly command: readonly string[] | null;
  /** false: nobody can tell */
  readonly isKnown: boolean;
}

/** Asks unit by unit, since one that runs must not have another one started by the same command. */
export async function runningPart(
  argv: readonly string[],
  ask: (argv: readonly string[]) => Promise<CommandResult>,
): Promise<RunningPart> {
  const call = systemctlCall(argv);
  if (call === null) return { command: argv, isKnown: false };
  const { systemctl, verb, options, units } = call;
  const running: string[] = [];
  for (const unit of units) {
    const { code } = await ask([...systemctl, 'is-active', '--quiet', unit]);
    // There is no systemctl.
    if (code === null) return { command: argv, isKnown: false };
    if (!NOT_RUNNING.has(code)) running.push(unit);
  }
  if (running.length === units.length) return { command: argv, isKnown: true };
  const some = [...systemctl, verb, ...options, ...running];
  return { command: running.length > 0 ? some : null, isKnown: true };
}
