import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CertbotHaError, hasErrorCode } from '../lib/base/errors.ts';
import { reportError } from '../lib/base/report-error.ts';
import type { HookIo } from '../lib/base/io.ts';
import { interruption } from '../lib/system/interruption.ts';

export type Hook = (io: HookIo) => Promise<0 | 1 | 2>;

/** Runs a hook in this process: its result becomes the exit code, an error its message. */
export async function runHook(name: string, hook: Hook): Promise<void> {
  const err = (line: string) => writeLine(2, `certbot-ha: ${line}`);
  try {
    const env = environmentOf(name, process.argv.slice(2));
    if (env === null) return;
    process.exitCode = await hook({
      env,
      pid: process.pid,
      out: (line) => writeLine(1, line),
      err,
      interruption,
    });
  } catch (error) {
    process.exitCode = reportError(error, err);
  }
}

/** `--config FILE` on the hook's own command line is as good as CERTBOT_HA_CONFIG. */
function environmentOf(name: string, argv: readonly string[]): NodeJS.ProcessEnv | null {
  if (argv.length === 0) return process.env;
  const { values } = readArguments(name, argv);
  if (values.help) {
    process.stdout.write(
      `usage: ${name} [--config FILE]\n\nA hook for certbot --manual; certbot sets its environment. ` +
        `certbot-ha certonly runs certbot with it.\n`,
    );
    return null;
  }
  return values.config === undefined ? process.env : { ...process.env, CERTBOT_HA_CONFIG: values.config };
}

function readArguments(name: string, argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: { config: { type: 'string' }, help: { type: 'boolean' } } });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const problem = error.message.split(/[.\n]/)[0] ?? error.message;
    throw new CertbotHaError('usage', `${name}: ${problem.charAt(0).toLowerCase()}${problem.slice(1)}`, {
      cause: error,
      hint: `usage: ${name} [--config FILE]`,
    });
  }
}

/** process.stdout costs some 2 ms to set up on a pipe; a line of a hook always fits into one write. */
function writeLine(descriptor: 1 | 2, line: string): void {
  try {
    writeSync(descriptor, `${line}\n`);
  } catch (error) {
    // certbot has ended, and nobody is left to read: the work that remains goes on all the same.
    if (hasErrorCode(error, 'EPIPE')) return;
    if (!hasErrorCode(error, 'EAGAIN')) throw error;
    (descriptor === 1 ? process.stdout : process.stderr).write(`${line}\n`);
  }
}
