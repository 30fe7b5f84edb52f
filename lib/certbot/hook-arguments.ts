import type { HookName } from './hook-commands.ts';

/** certbot's arguments that make a lineage validate and deploy by the hooks. */
export function hookArguments(hooks: Readonly<Record<HookName, string>>): readonly string[] {
  return [
    // Not --manual, which contradicts an authenticator of cli.ini rather than to take its place.
    '--authenticator',
    'manual',
    '--preferred-challenges',
    'http',
    '--manual-auth-hook',
    hooks.auth,
    '--manual-cleanup-hook',
    hooks.cleanup,
    '--deploy-hook',
    hooks.deploy,
  ];
}
