import { basename } from 'node:path';
import type { IsOfAnother } from '../lineage/leaf-index.ts';
import type { Leaf } from '../lineage/generation.ts';
import type { Service } from '../cluster/service.ts';
import type { Target } from '../cluster/target.ts';
import { servedCertificate, wantedOf } from '../gate/served-certificate.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { within } from '../system/deadline.ts';
import { lineOf } from '../findings/words.ts';

/** Where something may be served. */
export interface Place {
  readonly target: Target;
  /** null: on its httpsPort */
  readonly service: Service | null;
}

/** Whether nodes serve what they should; for one run of sync. */
export interface Staleness {
  /** Whether a place presents another certificate for the lineage's first name, and an older one. False where nothing can be seen. */
  servesOlder(place: Place, lineage: Lineage, isOlder: (served: Leaf) => boolean): Promise<boolean>;
}

/** For all probes together: others wait for the end of this sync. */
const STALENESS_TIMEOUT_MS = 60_000;

/**
 * @param onBlind is told once of a place that cannot be looked at, which is not looked at again
 * @param isOfAnother what is another lineage's is not an older one of this; default: nobody knows
 */
export function createStaleness(
  signal: AbortSignal,
  onBlind: (target: Target, reason: string) => void,
  isOfAnother: IsOfAnother = async () => false,
): Staleness {
  const limit = within(signal, STALENESS_TIMEOUT_MS);
  const blind = new Set<string>();
  return {
    async servesOlder({ target, service }, { directory, leaf }, isOlder) {
      const place = `${target.name} ${service?.port ?? ''}`;
      if (blind.has(place) || limit.aborted) return false;
      const wanted = {
        ...wantedOf(leaf, { service }),
        isOfAnother: async (shown: Leaf) => await isOfAnother(shown, basename(directory)),
      };
      const seen = await servedCertificate(target, wanted, limit);
      if (seen.kind === 'unknown') {
        blind.add(place);
        onBlind(target, lineOf(seen.reason));
      }
      return seen.kind === 'another' && isOlder(seen.leaf);
    },
  };
}
