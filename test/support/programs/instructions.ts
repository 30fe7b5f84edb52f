import type { Ended } from './program.ts';

/**
 * Runs a program under valgrind, some 50 times as slow, and counts the instructions of its first process. Rejects where there is no valgrind.
 * @param runIt is given what to put before the program
 */
export async function instructionsOf(
  runIt: (valgrind: readonly string[]) => Promise<Ended>,
): Promise<{ readonly instructions: number; readonly ended: Ended }> {
  const ended = await runIt(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']);
  const [, collected] = /^==\d+== Collected : (\d+)$/m.exec(ended.stderr) ?? [];
  if (collected === undefined) throw new Error(`valgrind has counted nothing: ${ended.stderr}`);
  return { instructions: Number(collected), ended };
}
