import { readKeyFile } from '../channel/key-file.ts';
import type { Cluster } from '../config/cluster.ts';
import { createHttpTransport } from './http.ts';
import { createRsyncTransport } from './rsync.ts';
import { createSharedTransport } from './shared.ts';
import type { Transport } from './transport.ts';

/** The transport that the configuration names. @throws {CertbotHaError} `config` for a bad key file */
export function createTransport(cluster: Cluster): Transport {
  const { config, self } = cluster;
  switch (config.transport) {
    case 'http':
      return createHttpTransport(self.name, readKeyFile(config.agent.keyFile));
    case 'rsync':
      return createRsyncTransport(config);
    case 'shared':
      return createSharedTransport(config.stateDir);
  }
}
