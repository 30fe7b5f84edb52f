import { parseArgs } from 'node:util';
import { agent } from './agent.ts';
import type { Command } from './command.ts';
import { isIssuer } from './is-issuer.ts';
import { notify } from './notify.ts';
import { sync } from './sync.ts';

/** What systemd and certbot's timer start, day and night. These take --config and nothing else. */
const COMMANDS: readonly Command[] = [agent, isIssuer, sync, notify];

/**
 * One of these commands with its configuration, read without yargs, which costs more than some of
 * them do themselves. Null for any other command line, right or wrong: it is for yargs to judge.
 */
export function startedByUnits(
  argv: readonly string[],
): { readonly command: Command; readonly config: string | undefined } | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { config: { type: 'string' } },
      allowPositionals: true,
    });
    const command = COMMANDS.find((candidate) => candidate.command === positionals[0]);
    return command === undefined || positionals.length > 1 ? null : { command, config: values.config };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
