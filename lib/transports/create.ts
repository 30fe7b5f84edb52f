import type { Cluster } from '../cluster/cluster.ts';
import { createSilentNodes } from '../state/silent-nodes.ts';
import type { Transport } from './transport.ts';

/**
 * The transport that the configuration names; only that one is loaded.
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function createTransport({ config, self }: Cluster): Promise<Transport> {
  switch (config.transport) {
    case 'http': {
      const { readKeyFile } = await import('../channel/key-file.ts');
      const { createHttpTransport } = await import('./http/challenges.ts');
      const keys = readKeyFile(config.agent.keyFile);
      return createHttpTransport(self.name, keys, createSilentNodes(config.stateDir));
    }
    case 'rsync': {
      const { createRsyncTransport } = await import('./rsync/challenges.ts');
      return createRsyncTransport(config);
    }
    case 'shared': {
      const { createSharedTransport } = await import('./shared/challenges.ts');
      return createSharedTransport(config.stateDir);
    }
  }
}
