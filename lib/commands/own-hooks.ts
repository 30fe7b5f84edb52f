import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { withConfig, type HookName } from '../certbot/hook-commands.ts';
import { hookFile, hookFiles } from './hook-file.ts';

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
  const plain = `certbot-ha-${name}`;
  const command = isInPath(plain, hookFiles(name), env) ? plain : hookFile(name);
  return withConfig(command, configFile);
}

function isInPath(command: string, files: readonly string[], env: NodeJS.ProcessEnv): boolean {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, command);
    try {
      accessSync(candidate, constants.X_OK);
      return files.includes(realpathSync(candidate));
    } catch (error) {
      if (!hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    }
  }
  return false;
}
