import { withConfigOption } from '../cluster/config-option.ts';
import { interruption } from '../system/interruption.ts';
import { writeLine } from '../system/write-line.ts';
import type { CommandIo } from '../base/io.ts';

/** A command's own line on stderr. */
export function err(line: string): void {
  writeLine(2, `certbot-ha: ${line}`);
}

/** This process, for a command. @param config the file that `--config` names */
export function processIo(config: string | undefined): CommandIo {
  return {
    env: withConfigOption(process.env, config),
    pid: process.pid,
    out: (line) => writeLine(1, line),
    err,
    get isTerminal() {
      // A serial console may say that it has no rows, and then nothing would be drawn.
      return process.stdout.isTTY && process.stdout.rows > 0 && process.env['TERM'] !== 'dumb';
    },
    interruption,
  };
}
