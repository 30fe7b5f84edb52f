import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './config.ts';
import { settingsOf } from './lineage-settings.ts';

/** An address that has to serve what was presented: a node's own, a VIP, or one of a name server. */
export interface Target {
  readonly kind: 'node' | 'vip' | 'name-server';
  /** the node's name, or `vip 192.0.2.10`: no two of them have the same; a name server's, which each of its addresses has */
  readonly name: string;
  /** empty: of a name server that has none */
  readonly address: string;
  /** of a name server: those that it has to answer for; each of them has to be served by one of its servers at least */
  readonly zones?: readonly string[];
  /** of a name server where the servers of several zones are asked: which of them this is about */
  readonly shownZone?: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** expects a PROXY protocol header on both: the nodes, and never a VIP, which the CA asks without one; absent: no */
  readonly isBehindProxy?: boolean;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  /** when nothing has answered there a moment ago, in milliseconds since the epoch: it gets a short chance; absent: it gets a whole one */
  readonly silentAtMs?: number;
  /** why nobody looks whether it serves; absent: it is looked at */
  readonly unprobed?:
    'on-standby' | 'served-nowhere' | 'name-server-unroutable' | 'name-server-without-address';
  /** null for a VIP, which is whoever holds it, and for a name server */
  readonly node: ClusterNode | null;
}

/**
 * Every node in the order of the configuration, then every VIP.
 * @param runsOn `holder`: a node serves by the VIP alone; default: as the web server does
 */
export function targetsOf(
  { config, self }: Cluster,
  runsOn: 'all' | 'holder' = config.webServer.runsOn,
): readonly Target[] {
  const nodes = config.nodes.map((node) => ({
    kind: 'node' as const,
    name: node.name,
    address: node.address,
    httpPort: node.httpPort,
    httpsPort: node.httpsPort,
    ...(node.isBehindProxy && { isBehindProxy: true }),
    isSelf: node === self,
    isDrained: node.isDrained,
    ...(runsOn === 'holder' && { unprobed: 'on-standby' as const }),
    node,
  }));
  const vips = config.vips.map((address) => ({
    kind: 'vip' as const,
    name: `vip ${address}`,
    address,
    httpPort: config.gate.httpPort,
    httpsPort: config.gate.httpsPort,
    isSelf: false,
    isDrained: false,
    node: null,
  }));
  return [...nodes, ...vips];
}

/** Whether a gate looks at it. */
export function isProbed({ isDrained, unprobed }: Pick<Target, 'isDrained' | 'unprobed'>): boolean {
  return !isDrained && unprobed === undefined;
}

/** Every node and VIP, as a lineage is to be seen there. */
export function targetsFor(cluster: Cluster, lineage: string): readonly Target[] {
  const { served, runsOn } = settingsOf(cluster.config, lineage);
  const targets = targetsOf(cluster, runsOn);
  if (served?.length !== 0) return targets;
  return targets.map((target) => ({ ...target, unprobed: 'served-nowhere' as const }));
}

/** Who a line of a report is about: `web1 192.0.2.1`, `vip 192.0.2.10`, or `ns1.example.net 192.0.2.53 (example.com)`. */
export function whoOf(who: ClusterNode | Target): string {
  return withZone(hostOf(who), who);
}

/** The same without the zone. */
export function hostOf(who: ClusterNode | Target): string {
  return ('kind' in who && who.kind === 'vip') || who.address === ''
    ? who.name
    : `${who.name} ${who.address}`;
}

function withZone(words: string, who: ClusterNode | Target): string {
  return 'kind' in who && who.shownZone !== undefined ? `${words} (${who.shownZone})` : words;
}

/** What a target is called in events and metrics: a node by its name, a VIP and a name server by its address. */
export function plainNameOf({ kind, name, address }: Pick<Target, 'kind' | 'name' | 'address'>): string {
  return kind === 'node' || address === '' ? name : address;
}

/** A target's name where its address has a column of its own. */
export function nameBesideAddress(target: Target): string {
  return withZone(target.kind === 'vip' ? 'vip' : target.name, target);
}
