import type { Leaf } from '../lineage/generation.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { servedCertificate, wantedOf } from '../gate/served-certificate.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { within } from '../system/deadline.ts';
import { lineOf } from '../findings/words.ts';

/** Whether nodes serve what they should; for one run of sync. */
export interface Staleness {
  /** Whether a node presents another certificate for the lineage's first name, and an older one. False where nothing can be seen. */
  servesOlder(node: ClusterNode, lineage: Lineage, isOlder: (served: Leaf) => boolean): Promise<boolean>;
}

/** For all probes together: others wait for the end of this sync. */
const STALENESS_TIMEOUT_MS = 60_000;

/** @param onBlind is told once of a node that cannot be looked at, which is not looked at again */
export function createStaleness(
  signal: AbortSignal,
  onBlind: (node: ClusterNode, reason: string) => void,
): Staleness {
  const limit = within(signal, STALENESS_TIMEOUT_MS);
  const blind = new Set<ClusterNode>();
  return {
    async servesOlder(node, { leaf }, isOlder) {
      if (blind.has(node) || limit.aborted) return false;
      const seen = await servedCertificate(node, wantedOf(leaf), limit);
      if (seen.kind === 'unknown') {
        blind.add(node);
        onBlind(node, lineOf(seen.reason));
      }
      return seen.kind === 'another' && isOlder(seen.leaf);
    },
  };
}
