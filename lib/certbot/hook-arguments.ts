import type { HookName } from './hook-commands.ts';

/**
 * certbot's arguments that make a lineage validate and deploy by the hooks.
 * @param challenges what certbot may take, in this order; null: that is said elsewhere, and certbot would add one to the other
 */
export function hookArguments(
  hooks: Readonly<Record<HookName, string>>,
  challenges: string | null = 'http',
): readonly string[] {
  return [
    // Not --manual, which contradicts an authenticator of cli.ini rather than to take its place.
    '--authenticator',
    'manual',
    ...(challenges === null ? [] : ['--preferred-challenges', challenges]),
    '--manual-auth-hook',
    hooks.auth,
    '--manual-cleanup-hook',
    hooks.cleanup,
    '--deploy-hook',
    hooks.deploy,
  ];
}
