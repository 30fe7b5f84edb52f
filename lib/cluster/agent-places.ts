import { bracketed, normalAddress } from '../net/address.ts';
import type { SocketPlace } from '../net/listening-socket.ts';
import { adminPlaceOf } from './admin-place.ts';
import { channelAddressOf } from './channel-place.ts';
import type { Cluster } from './cluster.ts';

/** Where a node's agent listens. */
export interface AgentPlaces {
  /** for its peers */
  readonly channel: SocketPlace;
  /** for its own host; null: nowhere */
  readonly admin: SocketPlace | null;
}

/** Those of this node. @throws {CertbotHaError} `config` for an address of the loopback interface */
export async function agentPlacesOf(cluster: Cluster): Promise<AgentPlaces> {
  const channel = { address: await channelAddressOf(cluster), port: cluster.self.agentPort };
  const admin = adminPlaceOf(cluster);
  return { channel, admin: admin === null ? null : { address: admin.host, port: admin.port } };
}

/** Both, or the one that there is. */
export function placesIn({ channel, admin }: AgentPlaces): readonly SocketPlace[] {
  return admin === null ? [channel] : [channel, admin];
}

/** Both in one spelling, as `192.0.2.11:9480`. */
export function shownPlaces(places: AgentPlaces): readonly string[] {
  return placesIn(places).map(({ address, port }) => `${bracketed(normalAddress(address))}:${port}`);
}
