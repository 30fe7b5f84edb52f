import { printExpected } from '../base/report-error.ts';
import { whoOf } from '../cluster/target.ts';
import { createLeafIndex } from '../lineage/leaf-index.ts';
import type { PeerView } from '../peers/survey.ts';
import { createAccountsBrought } from './accounts-brought.ts';
import type { Offer } from './offers.ts';
import { createStaleness } from './stale.ts';
import type { Synced } from './conclude-sync.ts';
import { syncLineage, type SyncOptions } from './sync-lineage.ts';

/** Delivers what peers lack, one lineage after another; what is held up, once more at the end. True where nothing is left to do. */
export async function deliverOffers(
  offers: readonly Offer[],
  views: readonly PeerView[],
  options: SyncOptions,
): Promise<boolean> {
  const { io, signal } = options;
  const isOfAnother = createLeafIndex(options.cluster.config.certificates.configDir);
  const brought = createAccountsBrought();
  const staleness = createStaleness(signal, (target, reason) =>
    io.err(`${whoOf(target)}: what it serves cannot be seen: ${reason}`),
  );
  const deliver = async (offer: Offer): Promise<Synced> => {
    try {
      return await syncLineage(offer, { views, staleness, isOfAnother, brought }, options);
    } catch (error) {
      printExpected(error, io.err, `${offer.bundle.manifest.lineage}: not delivered: `);
      return 'outstanding';
    }
  };
  const ends = new Map<Offer, Synced>();
  let isAgain = false;
  for (const offer of offers) {
    if (signal.aborted) return false;
    const end = await deliver(offer);
    // What a web server has lacked for another lineage's sake may be there now.
    isAgain ||= end === 'delivered' && [...ends.values()].includes('held up');
    ends.set(offer, end);
  }
  for (const [offer, end] of ends) {
    if (!isAgain || end !== 'held up') continue;
    if (signal.aborted) return false;
    ends.set(offer, await deliver(offer));
  }
  return [...ends.values()].every((end) => end === 'idle' || end === 'delivered');
}
