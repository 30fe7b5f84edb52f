import { unlessDirectoriesHang, type Look } from './answering.ts';
import { findCluster, type Cluster } from './cluster.ts';
import { DEFAULT_CONFIG_FILE, loadConfig, type Config } from './config.ts';

/** CERTBOT_HA_CONFIG, or the default file. */
export function configFileOf(env: NodeJS.ProcessEnv): string {
  return env['CERTBOT_HA_CONFIG'] || DEFAULT_CONFIG_FILE;
}

/** The configuration: CERTBOT_HA_CONFIG, or the default file. @throws {CertbotHaError} `config` */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return loadConfig(configFileOf(env));
}

/** The cluster as the configuration tells it. @throws {CertbotHaError} `config`, or `failed` where its directories do not answer */
export async function loadCluster(env: NodeJS.ProcessEnv, look?: Look): Promise<Cluster> {
  const cluster = await findCluster(readConfig(env), env);
  await unlessDirectoriesHang(cluster.config, look);
  return cluster;
}
