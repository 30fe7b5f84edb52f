import { existsSync } from 'node:fs';
import { readDeployEnvironment } from '../certbot/environment.ts';
import { loadCluster } from '../config/load-cluster.ts';
import { CertbotHaError } from '../errors.ts';
import type { HookIo } from './io.ts';

/** certbot's deploy hook. What reads certificates and speaks TLS is loaded when the environment is good. */
export async function deploy(io: HookIo): Promise<0 | 1 | 2> {
  const { lineage, names } = readDeployEnvironment(io.env);
  const cluster = await loadCluster(io.env);
  if (!existsSync(lineage)) {
    throw new CertbotHaError('environment', `RENEWED_LINEAGE: no such directory: ${lineage}`);
  }
  const { deploy: deployLineage } = await import('../delivery/deploy.ts');
  return await deployLineage({ cluster, directory: lineage, names, io, signal: io.interruption() });
}
