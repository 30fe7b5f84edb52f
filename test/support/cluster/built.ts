import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, type Running } from '../programs/program.ts';

// The built programs, as a node runs them.

export const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

/** The environment of a program whose configuration lies there; `node`: which of its nodes this is. */
export function environmentOf(configFile: string, node?: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    CERTBOT_HA_CONFIG: configFile,
    ...(node === undefined ? {} : { CERTBOT_HA_NODE: node }),
  };
}

/** JSON is YAML too. */
export async function writeConfig(file: string, config: object): Promise<void> {
  await writeFile(file, JSON.stringify(config));
}

/** Starts `certbot-ha ARGV`, by default of the version under test. */
export function startCli(env: NodeJS.ProcessEnv, argv: readonly string[], dist = DIST): Running {
  return start([process.execPath, join(dist, 'cli.js'), ...argv], { env });
}

/** Starts `certbot-ha-installer ARGV`. */
export function startInstaller(env: NodeJS.ProcessEnv, argv: readonly string[]): Running {
  return start([process.execPath, join(DIST, 'installer.js'), ...argv], { env });
}
