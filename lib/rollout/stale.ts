import type { Leaf } from '../lineage/generation.ts';
import type { Service } from '../cluster/service.ts';
import type { Target } from '../cluster/target.ts';
import { servedCertificate, wantedOf } from '../gate/served-certificate.ts';
import type { Whose } from '../lineage/leaf-index.ts';
import type { Lineage } from '../lineage/lineage.ts';
import { connections } from '../net/connections.ts';
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
  /** Whether a place presents another certificate to who asks for the lineage's first name, and an older one. False where nothing can be seen. */
  servesOlder(
    place: Place,
    lineage: Pick<Lineage, 'leaf'>,
    known: { readonly isOlder: (served: Leaf) => boolean; readonly whose: Whose },
  ): Promise<boolean>;
}

/** For all probes together: others wait for the end of this sync. */
const STALENESS_TIMEOUT_MS = 60_000;

/** @param onBlind is told once of a place that cannot be looked at, which is not looked at again */
export function createStaleness(
  signal: AbortSignal,
  onBlind: (target: Target, reason: string) => void,
): Staleness {
  const limit = within(signal, STALENESS_TIMEOUT_MS);
  const blind = new Set<string>();
  return {
    async servesOlder({ target, service }, { leaf }, { isOlder, whose }) {
      const place = `${target.name} ${service?.port ?? ''}`;
      if (blind.has(place) || limit.aborted) return false;
      const wanted = wantedOf(leaf, { service });
      const seen = await connections(async () => await servedCertificate(target, wanted, limit));
      if (seen.kind === 'unknown') {
        blind.add(place);
        onBlind(target, lineOf(seen.reason));
      }
      if (!('leaf' in seen)) return false;
      // What is nobody's is out of place where the configuration says that the lineage is served, and no older one of it elsewhere.
      const ofWhom = (await whose(seen.leaf)) ?? (service === null ? 'other' : 'own');
      return ofWhom === 'own' && isOlder(seen.leaf);
    },
  };
}
