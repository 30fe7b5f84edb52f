import { bracketed, normalAddress } from '../net/address.ts';
import { abilitiesOf, challengeAbilitiesOf } from './abilities.ts';
import type { Cluster } from './cluster.ts';
import { LISTENS_NOWHERE, listenPlaceOf, type ListenPlace } from './listen-place.ts';

/** Where this node's agent listens for its own host: metrics, status, look-up. Null: nowhere. */
export function adminPlaceOf({ config, self }: Pick<Cluster, 'config' | 'self'>): ListenPlace | null {
  const text = self.adminListen ?? config.agent.adminListen;
  if (text === LISTENS_NOWHERE) return null;
  const place = listenPlaceOf(text);
  if (place === null) throw new Error(`agent.adminListen was not checked: ${text}`);
  return place;
}

/**
 * `HOST:PORT` where this node's web server asks for challenges that its webroot lacks; null where nobody looks them up: it is off,
 * nodes need no agents, or all nodes have one webroot.
 */
export function lookupPlaceOf(cluster: Pick<Cluster, 'config' | 'self'>): string | null {
  const { config } = cluster;
  const place = adminPlaceOf(cluster);
  if (place === null || config.agent.lookup === 'off' || !abilitiesOf(config).hasAgents) return null;
  // Nobody has what is not there.
  if (challengeAbilitiesOf(config).isWebrootShared) return null;
  // Where it listens on every address, this host's own is the nearest.
  const own: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return `${bracketed(own[normalAddress(place.host)] ?? place.host)}:${place.port}`;
}
