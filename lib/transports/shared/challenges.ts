import { TRANSPORTS } from '../../cluster/abilities.ts';
import { OK } from '../../base/outcome.ts';
import type { Transport } from '../transport.ts';

/** The webroot lies on a shared filesystem: what self writes is there for all, once the gate has seen it. */
export function createSharedTransport(stateDir: string): Transport {
  return {
    name: 'shared',
    abilities: TRANSPORTS.shared,
    present: async () => OK,
    cleanUp: async () => OK,
    deliver: async () => {
      const { createSharedDelivery } = await import('./delivery.ts');
      return createSharedDelivery(stateDir);
    },
    close: async () => undefined,
  };
}
