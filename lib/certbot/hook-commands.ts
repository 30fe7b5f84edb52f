import { basename } from 'node:path';
import { shellWord } from '../findings/area.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';

export const HOOKS = ['auth', 'cleanup', 'deploy'] as const;
export type HookName = (typeof HOOKS)[number];

/** Far more than any command of ours has: a longer one is somebody else's. */
const MAX_LENGTH = 1_000;

/**
 * Whether a command names this hook of certbot-ha, by its name or its file, wherever that lies: `certbot-ha-auth`,
 * `/usr/local/bin/certbot-ha-auth --config FILE`, `/opt/certbot-ha/hooks/auth.js`.
 */
export function namesHook(command: string, hook: HookName): boolean {
  return hookWordIn(command, hook) !== null;
}

/** The word of a command that names this hook, without its quotes; null where none does. */
export function hookWordIn(command: string, hook: HookName): string | null {
  if (command.length > MAX_LENGTH) return null;
  const words = command.split(/\s+/).map((word) => word.replaceAll(/^["']|["';]+$/g, ''));
  return words.find((word) => basename(word) === `certbot-ha-${hook}` || isHookFile(word, hook)) ?? null;
}

/** Whether it is the file of a hook, as `dist/` has it. */
export function isHookFile(word: string, hook: HookName): boolean {
  return word.endsWith(`/hooks/${hook}.js`);
}

/** The configuration that a hook is given, as it is written behind its name; empty where it is given none. */
export function configOptionIn(command: string): string {
  if (command.length > MAX_LENGTH) return '';
  return /(?<= )--config(?: |=)(?:'[^']*'|[\w@%+=:,./-]+)$/.exec(command.trim())?.[0] ?? '';
}

/** certbot hands hooks to a shell. */
export function withConfig(command: string, configFile: string): string {
  return configFile === DEFAULT_CONFIG_FILE ? command : `${command} --config ${shellWord(configFile)}`;
}
