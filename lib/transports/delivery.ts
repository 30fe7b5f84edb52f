import type { ChannelClient } from '../channel/client.ts';
import type { LineageAbilities } from '../cluster/abilities.ts';
import type { Unknown } from '../state/results.ts';
import type { Parcel } from '../lineage/deletion.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { InstallResult } from '../state/results.ts';
import type { Outcome } from '../base/outcome.ts';

/** A staged bundle that the installer may have. */
export interface Release {
  /** the bundle's */
  readonly id: string;
  /** when it was issued; null where nobody has set a stamp */
  readonly stamp: string | null;
}

/**
 * How a transport brings a lineage to a peer, in two steps. As with challenges, every call ends when
 * its signal aborts, a peer's failure is an outcome, and doing the same twice is no error. A private
 * key travels encrypted only, and lies nowhere that others could read it.
 */
export interface Delivery {
  /** Writes the bundle, or the deletion, into the peer's inbox, where nothing happens to it yet. */
  stage(peer: ClusterNode, parcel: Parcel, signal: AbortSignal): Promise<Outcome>;
  /** Tells the peer's installer to install a staged bundle. */
  activate(peer: ClusterNode, release: Release, signal: AbortSignal): Promise<Outcome>;
  /**
   * How the peer's installer ended with what was activated last, as soon as it has; `unknown` at once
   * where that cannot be told; null when time is over, or `failed` where more is known than that.
   */
  result(peer: ClusterNode, id: string, signal: AbortSignal): Promise<InstallResult | Unknown | null>;
}

/** What brings lineages, opened: those who find nothing to bring load no more of it. */
export interface LineageTransport {
  /** as the configuration names it */
  readonly name: string;
  readonly abilities: LineageAbilities;
  /** asks the peers' agents by the connections that lineages go over; null where they go another way */
  readonly client: ChannelClient | null;
  deliver(): Promise<Delivery>;
  /** Ends what is open; no call may follow. */
  close(): Promise<void>;
}
