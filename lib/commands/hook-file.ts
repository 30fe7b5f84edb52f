import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { HookName } from '../certbot/hook-commands.ts';

/** Where a hook lies beside the command-line tool that runs (dist/cli.js): what certbot is to start. */
export function hookFile(hook: HookName): string {
  return join(hooks(), hook === 'deploy' ? 'deploy.js' : `certbot-ha-${hook}`);
}

/** The same, and what earlier versions had it start instead. */
export function hookFiles(hook: HookName): readonly string[] {
  return [hookFile(hook), join(hooks(), `${hook}.js`)];
}

function hooks(): string {
  return join(realpathSync(process.argv[1] ?? ''), '..', 'hooks');
}
