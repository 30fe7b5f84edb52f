import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../findings/register.ts';

/** Resolves to what keeps a program of this node from carrying, as far as that program knows. */
export type LookAtCarrier = (signal: AbortSignal) => Promise<readonly Finding[]>;

/** The look at what carries challenges beside certbot-ha, on this node. Null: nothing does, or what does is started when it is needed. */
export function lookAtCarrier(cluster: Cluster): LookAtCarrier | null {
  switch (cluster.config.transport.challenges) {
    case 'syncthing':
      return async (signal) => await (await import('./syncthing/look.ts')).lookAtSyncthing(cluster, signal);
    case 'http':
    case 'rsync':
    case 'unison':
    case 'shared':
      return null;
  }
}
