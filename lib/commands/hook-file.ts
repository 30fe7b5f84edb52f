import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { HookName } from '../certbot/hook-commands.ts';

/** Where a hook lies beside the command-line tool that runs (dist/cli.js). */
export function hookFile(hook: HookName): string {
  return join(realpathSync(process.argv[1] ?? ''), '..', 'hooks', `${hook}.js`);
}
