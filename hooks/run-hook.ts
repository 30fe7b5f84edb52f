import { reportError } from '../lib/base/report-error.ts';
import type { HookIo } from '../lib/base/io.ts';
import { withConfigOption } from '../lib/cluster/config-option.ts';
import { endDespiteHung } from '../lib/system/hung.ts';
import { interruption } from '../lib/system/interruption.ts';
import { readArguments } from '../lib/system/read-arguments.ts';
import { writeLine } from '../lib/system/write-line.ts';

const USAGE = '[--config FILE]';
const OPTIONS = { config: { type: 'string' }, help: { type: 'boolean' } } as const;

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
  endDespiteHung();
}

/** `--config FILE` on the hook's own command line is as good as CERTBOT_HA_CONFIG. */
function environmentOf(name: string, argv: readonly string[]): NodeJS.ProcessEnv | null {
  if (argv.length === 0) return process.env;
  const { config, help } = readArguments({ name, usage: USAGE, options: OPTIONS }, argv);
  if (help) {
    writeLine(
      1,
      `usage: ${name} ${USAGE}\n\nA hook for certbot --manual; certbot sets its environment. ` +
        'certbot-ha certonly runs certbot with it.',
    );
    return null;
  }
  return withConfigOption(process.env, config);
}
