import { readDeployEnvironment } from '../certbot/environment.ts';
import { loadCluster } from '../config/load-cluster.ts';
import type { HookIo } from './io.ts';

/** certbot's deploy hook. */
export async function deploy(io: HookIo): Promise<0 | 1 | 2> {
  readDeployEnvironment(io.env);
  await loadCluster(io.env);
  return 0;
}
