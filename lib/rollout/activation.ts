import { basename } from 'node:path';
import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Service } from '../cluster/service.ts';
import { targetsFor, type Target } from '../cluster/target.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Usage } from '../gate/usage.ts';
import { namesOf } from '../lineage/names.ts';
import type { Delivery } from '../transports/delivery.ts';
import { webServerFor } from '../webserver/for-lineage.ts';
import type { WebServer } from '../webserver/web-server.ts';
import type { Sound } from './sound-bundle.ts';
import type { Sending } from './stage.ts';

/** One generation of a lineage that is put to use, node by node. */
export interface Activation {
  readonly cluster: Cluster;
  readonly lineage: Lineage;
  /** of the lineage's, those that have to be served */
  readonly names: readonly string[];
  /** where the configuration says that they are served; null: on httpsPort, where they are in use */
  readonly services: readonly Service[] | null;
  /** where they were in use before the roll-out */
  readonly usage: Usage;
  /** self's */
  readonly webServer: WebServer;
  /** how it has got to the peers; null in a roll-out over self */
  readonly sending: Sending | null;
  /** where a node that was activated has to be seen to serve it */
  readonly answersFor: (node: ClusterNode) => readonly Target[];
  readonly io?: Pick<HookIo, 'progress'>;
  readonly signal: AbortSignal;
  /** milliseconds for a gate; default gate.timeout */
  readonly gateTimeoutMs?: number;
}

export interface PeersOptions {
  readonly cluster: Cluster;
  readonly delivery: Delivery;
  readonly usage: Usage;
  /** which nodes hold a VIP, as far as the peers say */
  readonly holdersOf: (vip: string) => readonly ClusterNode[];
  /** the generation's; null where nobody has set one */
  readonly stamp: string | null;
  readonly io: Pick<HookIo, 'env' | 'progress'>;
  readonly signal: AbortSignal;
  readonly gateTimeoutMs?: number;
}

/**
 * With peers each node answers for itself; a VIP is whoever holds it, and is seen when all have had their turn. Where
 * what serves it runs where the VIP is, the VIP's holder answers by it, if nobody else does.
 */
export function activationWithPeers({ bundle, lineage }: Sound, options: PeersOptions): Activation {
  const { cluster, delivery, usage, holdersOf, stamp, io, signal, gateTimeoutMs } = options;
  const name = basename(lineage.directory);
  const targets = targetsFor(cluster, name);
  const { served, runsOn } = settingsOf(cluster.config, name);
  const isAnsweredBy = (node: ClusterNode, { kind, address }: Target) => {
    if (kind !== 'vip' || runsOn !== 'holder') return false;
    const [holder, ...more] = holdersOf(address);
    return holder === node && more.length === 0;
  };
  return {
    cluster,
    lineage,
    names: namesOf(lineage.leaf),
    services: served,
    usage,
    webServer: webServerFor(cluster, name, { env: io.env }),
    sending: { bundle, stamp, delivery },
    answersFor: (node) => targets.filter((target) => target.node === node || isAnsweredBy(node, target)),
    io,
    signal,
    ...(gateTimeoutMs !== undefined && { gateTimeoutMs }),
  };
}
