import { existsSync } from 'node:fs';
import { runCommand } from './run-command.ts';

const SOCKET = '/run/systemd/journal/socket';

/** A journal's entry: its fields (systemd.journal-fields(7)), a line each. */
export type JournalFields = Readonly<Record<string, string>>;

/**
 * Writes entries into systemd's journal by logger(1), a process an entry, since Node.js has no datagram sockets of that kind. Never
 * rejects; without a journal, or logger, nothing is written.
 * @param timeoutMs for all of them, side by side
 */
export async function writeJournal(entries: readonly JournalFields[], timeoutMs: number): Promise<void> {
  if (!existsSync(SOCKET)) return;
  await Promise.allSettled(
    entries.map(async (fields) => {
      const input = Object.entries(fields).map(([name, value]) => `${name}=${oneLine(value)}\n`);
      await runCommand(['logger', '--journald'], { timeoutMs, input: input.join('') });
    }),
  );
}

/** The end of a line is the end of a field. */
function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ');
}
