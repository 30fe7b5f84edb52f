import { reportError } from '../base/report-error.ts';
import { endDespiteHung } from '../system/hung.ts';
import type { CommandExit } from './command.ts';
import { err } from './process-io.ts';

/** Runs a program in this process: its result becomes the exit code, an error its message. Never rejects. */
export async function runMain(run: (argv: readonly string[]) => Promise<CommandExit>): Promise<void> {
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    process.exitCode = reportError(error, err);
  }
  endDespiteHung();
}
