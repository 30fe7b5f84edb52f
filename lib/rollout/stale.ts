import { compareAge, leafOf } from '../lineage/generation.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { concreteName, endpointFor, lookFor } from '../gate/served-certificate.ts';
import { covers } from '../lineage/covers.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';
import { within } from '../system/deadline.ts';

/** Whether nodes serve what they should; for one run of sync. */
export interface Staleness {
  /** It presents a certificate for the lineage's first name that is older than the lineage's. False where nothing can be seen. */
  servesOlder(node: ClusterNode, lineage: Lineage): Promise<boolean>;
}

/** For all looks together: others wait for the end of this sync. */
const TIMEOUT_MS = 60_000;

/** @param onBlind is told once of a node that cannot be looked at, which is not looked at again */
export function createStaleness(
  signal: AbortSignal,
  onBlind: (node: ClusterNode, reason: string) => void,
): Staleness {
  const limit = within(signal, TIMEOUT_MS);
  const blind = new Set<ClusterNode>();
  return {
    async servesOlder(node, { leaf }) {
      if (blind.has(node) || limit.aborted) return false;
      const [name = ''] = namesOf(leaf);
      const seen = await lookFor(leaf, endpointFor(node, name), limit);
      if (seen.kind === 'unknown') {
        blind.add(node);
        onBlind(node, `port ${node.httpsPort}: ${seen.reason}`);
      }
      if (seen.kind !== 'certificate' || !covers(namesOf(seen.certificate), concreteName(name))) return false;
      return compareAge(leafOf(leaf), leafOf(seen.certificate)) > 0;
    },
  };
}
