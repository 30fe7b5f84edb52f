import type { TestContext } from 'vitest';
import type { Bundle } from '../../../../lib/lineage/bundle.ts';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import type { Delivery } from '../../../../lib/transports/delivery.ts';

/** A delivery and the peers it can be tried on. */
export interface DeliveryUnderTest {
  readonly delivery: Delivery;
  readonly peer: ClusterNode;
  /** the peer's */
  readonly inbox: string;
  /** nothing answers there, and what is said of it; null where no peer is asked */
  readonly down: { readonly delivery: Delivery; readonly peer: ClusterNode; readonly reason: RegExp } | null;
  /** accepts connections and never says a word */
  readonly hanging: { readonly delivery: Delivery; readonly peer: ClusterNode } | null;
  /** whether it can tell that a bundle is not there */
  readonly seesBundles: boolean;
  close(): Promise<void>;
}

/** What a case works with. */
export interface DeliveryWorld {
  readonly directory: string;
  readonly name: string;
  readonly under: DeliveryUnderTest;
  readonly bundle: Bundle;
  readonly skip: TestContext['skip'];
}

/** What every delivery keeps to, a sentence each. */
export type DeliveryCases = Readonly<Record<string, (world: DeliveryWorld) => Promise<void>>>;

export const long = () => AbortSignal.timeout(20_000);

export const idOf = ({ manifest }: Bundle) => manifest.leaf.sha256;
