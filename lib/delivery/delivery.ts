import type { Bundle } from '../bundle/bundle.ts';
import type { ClusterNode } from '../config/config.ts';
import type { InstallResult } from '../install/records.ts';
import type { Outcome } from '../outcome.ts';

/**
 * How a transport brings a lineage to a peer, in two steps. As with challenges, every call ends when
 * its signal aborts, a peer's failure is an outcome, and doing the same twice is no error. A private
 * key travels encrypted only, and lies nowhere that others could read it.
 */
export interface Delivery {
  /** `result` tells how it ended; otherwise only the gate can */
  readonly confirms: boolean;
  /** Writes the bundle into the peer's inbox, where nothing happens to it yet. */
  stage(peer: ClusterNode, bundle: Bundle, signal: AbortSignal): Promise<Outcome>;
  /** Lets the peer's installer loose on a staged bundle. */
  activate(peer: ClusterNode, id: string, signal: AbortSignal): Promise<Outcome>;
  /** How the peer's installer ended, as soon as it has; null when this transport cannot tell, or time is over; `failed` where it can at least tell that nobody has taken it. */
  result(peer: ClusterNode, id: string, signal: AbortSignal): Promise<InstallResult | null>;
}
