import { withConfigOption } from '../cluster/config-option.ts';
import { beforeSignals } from '../system/before-signals.ts';
import { interruption } from '../system/interruption.ts';
import { writeLine } from '../system/write-line.ts';
import type { CommandIo, Say } from '../base/io.ts';
import { isTerminal } from './is-terminal.ts';
import { createProgressLine, type ProgressLine } from './progress.ts';
import { fitted } from './wrap.ts';

const [STDOUT, STDERR] = [1, 2] as const;

/** A command's own line on stderr. */
export function err(...[line, kind]: Parameters<Say>): void {
  write(STDERR, line, { kind, prefix: 'certbot-ha: ' });
}

interface ProcessOptions {
  /** it says nothing of what it waits for. Default false. */
  readonly isQuiet?: boolean;
}

/** This process, for a command. @param config the file that `--config` names */
export function processIo(config: string | undefined, { isQuiet = false }: ProcessOptions = {}): CommandIo {
  const progress = isQuiet ? null : progressLine();
  const unread = new AbortController();
  const after =
    (say: Say): Say =>
    (line, kind) => {
      progress?.erase();
      say(line, kind);
    };
  return {
    env: withConfigOption(process.env, config),
    pid: process.pid,
    out: after((line, kind) => {
      if (!write(STDOUT, line, { kind })) unread.abort();
    }),
    unread: unread.signal,
    err: after(err),
    get isTerminal() {
      // A serial console may say that it has no rows, and then nothing would be drawn.
      return isTerminal(STDOUT) && process.stdout.rows > 0 && process.env['TERM'] !== 'dumb';
    },
    ...(progress !== null && { progress }),
    interruption,
  };
}

/** Null where nobody looks on, or nothing can be drawn over: in a pipe, in a unit's journal. */
function progressLine(): ProgressLine | null {
  const { TERM } = process.env;
  if (!isTerminal(STDERR) || !TERM || TERM === 'dumb') return null;
  return createProgressLine({
    write: (text) => void process.stderr.write(text),
    columns: () => process.stderr.columns,
    beforeSignals,
  });
}

/** A line as it is, for programs; on a terminal as it fits there. */
function write(
  descriptor: typeof STDOUT | typeof STDERR,
  line: string,
  how: { readonly kind: Parameters<Say>[1]; readonly prefix?: string },
): boolean {
  const columns = isTerminal(descriptor) ? process[descriptor === STDOUT ? 'stdout' : 'stderr'].columns : 0;
  return writeLine(descriptor, fitted(line, { ...how, columns }));
}
