import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { targetsOf, type Target } from '../cluster/target.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Usage } from '../gate/usage.ts';
import { namesOf } from '../lineage/names.ts';
import type { Delivery } from '../transports/delivery.ts';
import { createWebServer, type WebServer } from '../webserver/web-server.ts';
import type { Sound } from './sound-bundle.ts';
import type { Sending } from './stage.ts';

/** One generation of a lineage that is put to use, node by node. */
export interface Activation {
  readonly cluster: Cluster;
  readonly lineage: Lineage;
  /** of the lineage's, those that have to be served */
  readonly names: readonly string[];
  /** where they were in use before the roll-out */
  readonly usage: Usage;
  /** self's */
  readonly webServer: WebServer;
  /** how it has got to the peers; null in a roll-out over self */
  readonly sending: Sending | null;
  /** where a node that was activated has to be seen to serve it */
  readonly answersFor: (node: ClusterNode) => readonly Target[];
  readonly signal: AbortSignal;
  /** milliseconds for a gate; default gate.timeout */
  readonly gateTimeoutMs?: number;
}

export interface PeersOptions {
  readonly cluster: Cluster;
  readonly delivery: Delivery;
  readonly usage: Usage;
  /** the generation's; null where nobody has set one */
  readonly stamp: string | null;
  readonly io: Pick<HookIo, 'env'>;
  readonly signal: AbortSignal;
  readonly gateTimeoutMs?: number;
}

/** With peers each node answers for itself; a VIP is whoever holds it, and is seen when all have had their turn. */
export function activationWithPeers({ bundle, lineage }: Sound, options: PeersOptions): Activation {
  const { cluster, delivery, usage, stamp, io, signal, gateTimeoutMs } = options;
  const targets = targetsOf(cluster);
  return {
    cluster,
    lineage,
    names: namesOf(lineage.leaf),
    usage,
    webServer: createWebServer(cluster.config.webServer, { env: io.env }),
    sending: { bundle, stamp, delivery },
    answersFor: (node) => targets.filter((target) => target.node === node),
    signal,
    ...(gateTimeoutMs !== undefined && { gateTimeoutMs }),
  };
}
