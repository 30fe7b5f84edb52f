import { interruption } from '../system/interruption.ts';
import { writeLine } from '../system/write-line.ts';
import type { CommandIo } from '../base/io.ts';

/** A command's own line on stderr. */
export function err(line: string): void {
  writeLine(2, `certbot-ha: ${line}`);
}

/** This process, for a command. @param config the file that `--config` names, which goes before CERTBOT_HA_CONFIG */
export function processIo(config: string | undefined): CommandIo {
  return {
    env: config === undefined ? process.env : { ...process.env, CERTBOT_HA_CONFIG: config },
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
