import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's directory. */
export const CLONE = fileURLToPath(new URL('../..', import.meta.url));

/** The built suite's directory. */
export async function requireDist(): Promise<string> {
  const dist = join(CLONE, 'dist');
  try {
    await access(join(dist, 'cli.js'));
  } catch (cause) {
    throw new Error(`${dist}/cli.js is not there: run npm run build first`, { cause });
  }
  return dist;
}

/** The suite's commands and what they are in the built directory. */
export const COMMANDS = {
  'certbot-ha': 'cli.js',
  'certbot-ha-auth': 'hooks/certbot-ha-auth',
  'certbot-ha-cleanup': 'hooks/certbot-ha-cleanup',
  'certbot-ha-deploy': 'hooks/deploy.js',
  'certbot-ha-installer': 'installer.js',
} as const;
