import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { targetsFor, type Target } from '../cluster/target.ts';
import { vipHoldersBy } from '../peers/holders.ts';
import type { PeerView } from '../peers/survey.ts';
import type { Place } from './stale.ts';

/**
 * Where it can be seen what a node serves of a lineage: at its own address or, where what serves it runs where the VIP
 * is, at the VIPs that it holds, or may hold, since nobody tells.
 */
export function placesOf(
  lineage: string,
  { cluster, views }: { readonly cluster: Cluster; readonly views: readonly PeerView[] },
): (node: ClusterNode) => readonly Place[] {
  const { served, runsOn } = settingsOf(cluster.config, lineage);
  const targets = targetsFor(cluster, lineage).filter(({ unprobed }) => unprobed === undefined);
  const holdersOf = vipHoldersBy(cluster, views);
  const mayHold = (node: ClusterNode, { address }: Target) => {
    const holders = holdersOf(address);
    if (holders.includes(node)) return true;
    const isHeard = node === cluster.self || views.some((view) => view.isReachable && view.node === node);
    return holders.length === 0 && !isHeard;
  };
  const isSeenAt = (node: ClusterNode, target: Target) =>
    target.kind === 'vip' ? runsOn === 'holder' && mayHold(node, target) : target.node === node;
  return (node) =>
    targets
      .filter((target) => isSeenAt(node, target))
      .flatMap((target) => (served ?? [null]).map((service) => ({ target, service })));
}
