import type { Cluster } from './cluster.ts';
import { listenPlaceOf, type ListenPlace } from './listen-place.ts';

/** Where this node's agent listens for its own host: metrics, status, look-up. */
export function adminPlaceOf({ config, self }: Pick<Cluster, 'config' | 'self'>): ListenPlace {
  const text = self.adminListen ?? config.agent.adminListen;
  const place = listenPlaceOf(text);
  if (place === null) throw new Error(`agent.adminListen was not checked: ${text}`);
  return place;
}
