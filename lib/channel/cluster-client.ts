import type { Cluster } from '../config/cluster.ts';
import { createChannelClient, type ChannelClient } from './client.ts';
import { readKeyFile } from './key-file.ts';

/** A client that asks the peers' agents, as this node, with the key of the configuration. @throws {CertbotHaError} `config` for a bad key file */
export function createClusterClient({ config, self }: Cluster): ChannelClient {
  return createChannelClient(self.name, readKeyFile(config.agent.keyFile));
}
