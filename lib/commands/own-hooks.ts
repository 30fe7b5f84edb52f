import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { withConfig, type HookName } from '../certbot/hook-commands.ts';
import { hookFile } from './hook-file.ts';

/** This installation's hooks, as certbot runs them. */
export function ownHooks(configFile: string, env: NodeJS.ProcessEnv): Readonly<Record<HookName, string>> {
  const command = (name: HookName) => hookCommand(name, configFile, env);
  return { auth: command('auth'), cleanup: command('cleanup'), deploy: command('deploy') };
}

/**
 * What certbot is told to run, and writes into `renewal/NAME.conf` for all renewals to come: the
 * plain name where PATH leads to this installation, so that it may move, else the file.
 */
function hookCommand(name: HookName, configFile: string, env: NodeJS.ProcessEnv): string {
  const file = hookFile(name);
  const command = isInPath(`certbot-ha-${name}`, file, env) ? `certbot-ha-${name}` : file;
  return withConfig(command, configFile);
}

function isInPath(command: string, file: string, env: NodeJS.ProcessEnv): boolean {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, command);
    try {
      accessSync(candidate, constants.X_OK);
      return realpathSync(candidate) === file;
    } catch (error) {
      if (!hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    }
  }
  return false;
}
