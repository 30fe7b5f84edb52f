import { join } from 'node:path';
import { start, type Running } from '../programs/program.ts';
import { DIST, environmentOf, writeConfig } from './built.ts';

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
  await writeConfig(file, { certificates: { mode: 'per-node' }, ...config });
  return start([process.execPath, join(DIST, 'hooks/deploy.js')], {
    env: {
      ...environmentOf(file, node),
      RENEWED_LINEAGE: lineage,
      RENEWED_DOMAINS: names.join(' '),
    },
  });
}
