import { findCluster, type Cluster } from './cluster.ts';
import { DEFAULT_CONFIG_FILE, loadConfig } from './config.ts';

/** The cluster as the configuration tells it: CERTBOT_HA_CONFIG, or the default file. @throws {CertbotHaError} `config` */
export async function loadCluster(env: NodeJS.ProcessEnv): Promise<Cluster> {
  return await findCluster(loadConfig(env['CERTBOT_HA_CONFIG'] || DEFAULT_CONFIG_FILE), env);
}
