import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start, type Running } from './program.ts';

const HOOK = fileURLToPath(new URL('../../dist/hooks/deploy.js', import.meta.url));

export interface DeployRun {
  /** where the configuration lies */
  readonly directory: string;
  /** the configuration, as JSON, which is YAML too */
  readonly config: object;
  /** live/NAME */
  readonly lineage: string;
  readonly names: readonly string[];
  /** this node; default web1 */
  readonly node?: string;
}

/** Starts the built deploy hook as certbot does. */
export async function startDeployHook(options: DeployRun): Promise<Running> {
  const { directory, config, lineage, names, node = 'web1' } = options;
  const file = join(directory, 'config.yaml');
  // Each node has its own: what goes to the other nodes is another matter.
  await writeFile(file, JSON.stringify({ certificates: { mode: 'per-node' }, ...config }));
  return start([process.execPath, HOOK], {
    env: {
      PATH: process.env['PATH'],
      CERTBOT_HA_CONFIG: file,
      CERTBOT_HA_NODE: node,
      RENEWED_LINEAGE: lineage,
      RENEWED_DOMAINS: names.join(' '),
    },
  });
}
