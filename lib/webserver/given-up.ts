import { basename } from 'node:path';
import type { Outcome } from '../base/outcome.ts';
import type { CommandResult } from '../system/run-command.ts';

const RELOADS: ReadonlySet<string> = new Set(['reload', 'reload-or-restart', 'try-reload-or-restart']);
/** A unit that has failed, or that systemd is about to start once more: both wait for what they need. One that somebody has stopped is `inactive`. */
const GIVEN_UP: ReadonlySet<string> = new Set(['failed', 'activating']);

export interface SystemctlOptions {
  /** Runs a command whose end does not matter by itself. */
  readonly ask: (argv: readonly string[]) => Promise<CommandResult>;
  /** Runs a command that has to succeed. */
  readonly run: (argv: readonly string[]) => Promise<Outcome>;
}

/** The command up to its verb, and the units that it reloads; null where it is no systemctl's. */
export function unitsReloadedBy(
  argv: readonly string[],
): { readonly systemctl: readonly string[]; readonly units: readonly string[] } | null {
  const at = argv.findIndex((argument) => basename(argument) === 'systemctl');
  const verb = argv.findIndex((argument, index) => index > at && RELOADS.has(argument));
  if (at === -1 || verb === -1) return null;
  const units = argv.slice(verb + 1).filter((argument) => !argument.startsWith('-'));
  return units.length > 0 ? { systemctl: argv.slice(0, verb), units } : null;
}

/**
 * Starts the units that could not be reloaded since systemd has given them up, as at the boot of a node whose
 * certificates were missing. To be called when the web server's test passes. Null where there are none.
 */
export async function startGivenUp(
  reload: readonly string[],
  { ask, run }: SystemctlOptions,
): Promise<Outcome | null> {
  const named = unitsReloadedBy(reload);
  if (named === null) return null;
  const { systemctl, units } = named;
  const waiting: string[] = [];
  for (const unit of units) {
    const { stdout } = await ask([...systemctl, 'show', '--property=ActiveState', '--value', unit]);
    if (GIVEN_UP.has(stdout.trim())) waiting.push(unit);
  }
  if (waiting.length === 0) return null;
  // Else it counts as started too often, and is refused. One that systemd is still trying has nothing to reset.
  await ask([...systemctl, 'reset-failed', ...waiting]);
  const started = await run([...systemctl, 'start', ...waiting]);
  if (!started.isOk) return started;
  const rest = units.filter((unit) => !waiting.includes(unit));
  return rest.length > 0 ? await run([...systemctl, 'reload', ...rest]) : started;
}
