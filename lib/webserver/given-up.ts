import type { Outcome } from '../base/outcome.ts';
import type { CommandResult } from '../system/run-command.ts';
import { systemctlCall } from './systemctl.ts';

const RELOADS: ReadonlySet<string> = new Set(['reload', 'reload-or-restart', 'try-reload-or-restart']);
/** A unit that has failed, or that systemd is about to start once more: both wait for what they need. One that somebody has stopped is `inactive`. */
const GIVEN_UP: ReadonlySet<string> = new Set(['failed', 'activating']);
/** What is started at boot. What somebody else starts where it is needed, as keepalived does in hot standby, may have failed as it was stopped. */
const AT_BOOT: ReadonlySet<string> = new Set(['enabled', 'enabled-runtime']);

export interface SystemctlOptions {
  /** Runs a command whose end does not matter by itself. */
  readonly ask: (argv: readonly string[]) => Promise<CommandResult>;
  /** Runs a command that has to succeed. */
  readonly run: (argv: readonly string[]) => Promise<Outcome>;
}

/**
 * Starts the units that could not be reloaded since systemd has given them up, as at the boot of a node whose
 * certificates were missing, and that are enabled. To be called when the web server's test passes. Null where there are none.
 */
export async function startGivenUp(
  reload: readonly string[],
  { ask, run }: SystemctlOptions,
): Promise<Outcome | null> {
  const call = systemctlCall(reload);
  if (call === null || !RELOADS.has(call.verb)) return null;
  const { systemctl, units } = call;
  const waiting: string[] = [];
  for (const unit of units) {
    const { stdout } = await ask([...systemctl, 'show', '--property=ActiveState,UnitFileState', unit]);
    const { ActiveState = '', UnitFileState = '' } = propertiesIn(stdout);
    if (GIVEN_UP.has(ActiveState) && AT_BOOT.has(UnitFileState)) waiting.push(unit);
  }
  if (waiting.length === 0) return null;
  // Else it counts as started too often, and is refused. One that systemd is still trying has nothing to reset.
  await ask([...systemctl, 'reset-failed', ...waiting]);
  const started = await run([...systemctl, 'start', ...waiting]);
  if (!started.isOk) return started;
  const rest = units.filter((unit) => !waiting.includes(unit));
  return rest.length > 0 ? await run([...systemctl, 'reload', ...rest]) : started;
}

/** `NAME=VALUE`, a line each. */
function propertiesIn(text: string): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const [name = '', ...value] = line.trim().split('=');
      return [name, value.join('=')];
    }),
  );
}
