import { LINEAGE_TRANSPORTS } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { createSilentNodes, type SilentNodes } from '../state/silent-nodes.ts';
import type { LineageTransport } from './delivery.ts';
import type { Transport } from './transport.ts';

/**
 * The transport that the configuration names for challenges; only that one is loaded.
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function createTransport({ config, self }: Cluster): Promise<Transport> {
  switch (config.transport.challenges) {
    case 'http': {
      const { readKeyFile } = await import('../channel/key-file.ts');
      const { createHttpTransport } = await import('./http/challenges.ts');
      const keys = readKeyFile(config.agent.keyFile);
      const isPatient = config.gate.require === 'all';
      return createHttpTransport(self.name, keys, { silent: createSilentNodes(config.stateDir), isPatient });
    }
    case 'rsync': {
      const { createRsyncTransport } = await import('./rsync/challenges.ts');
      return createRsyncTransport(config);
    }
    case 'syncthing': {
      const { createSyncthingTransport } = await import('./syncthing/challenges.ts');
      return createSyncthingTransport(config, self.webroot);
    }
    case 'unison': {
      const { createUnisonTransport } = await import('./unison/challenges.ts');
      return createUnisonTransport(config, self);
    }
    case 'shared': {
      const { createSharedTransport } = await import('./shared/challenges.ts');
      return createSharedTransport();
    }
  }
}

/**
 * The one that it names for lineages, which is loaded when something is to be delivered.
 * @param silent who is known not to answer gets a short chance; default: what this node has noted
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function createLineageTransport(
  { config, self }: Cluster,
  silent: SilentNodes = createSilentNodes(config.stateDir),
): Promise<LineageTransport> {
  const name = config.transport.lineages;
  const opened = { name, abilities: LINEAGE_TRANSPORTS[name], client: null, close: async () => undefined };
  switch (name) {
    case 'http': {
      const { readKeyFile } = await import('../channel/key-file.ts');
      const { createChannelClient } = await import('../channel/client.ts');
      const keys = readKeyFile(config.agent.keyFile);
      const client = createChannelClient(self.name, keys, silent);
      const deliver = async () => (await import('./http/delivery.ts')).createHttpDelivery(client);
      return { ...opened, client, deliver, close: client.close };
    }
    case 'rsync':
      return {
        ...opened,
        deliver: async () => (await import('./rsync/delivery.ts')).createRsyncDelivery(config),
      };
    case 'shared':
      return {
        ...opened,
        deliver: async () => (await import('./shared/delivery.ts')).createSharedDelivery(config.stateDir),
      };
  }
}
