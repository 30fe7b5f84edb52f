import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';

export const HOOKS = ['auth', 'cleanup', 'deploy'] as const;
export type HookName = (typeof HOOKS)[number];

/**
 * Every command by which certbot may run this installation's hooks: the name in PATH or the file,
 * with the configuration that is in use. Anything else in a renewal configuration that comes from
 * another node is not for root to run.
 * @param fileOf where a hook of this installation lies
 */
export function hookCommands(fileOf: (hook: HookName) => string, configFile: string): ReadonlySet<string> {
  const commands = HOOKS.flatMap((hook) => [`certbot-ha-${hook}`, fileOf(hook)]);
  return new Set(commands.flatMap((command) => [command, withConfig(command, configFile)]));
}

/** certbot hands hooks to a shell. */
export function withConfig(command: string, configFile: string): string {
  return configFile === DEFAULT_CONFIG_FILE ? command : `${command} --config ${quote(configFile)}`;
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
