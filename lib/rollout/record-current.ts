import type { Bundle } from '../lineage/bundle.ts';
import { recordsOf, type PeerView } from '../peers/survey.ts';
import { recordInstalled, type InstalledRecord, type Records } from '../state/records.ts';
import { stamped } from '../state/stamped.ts';

export interface RecordOptions {
  readonly records: Pick<Records, 'installedOf' | 'writeInstalled'>;
  /** what the peers say that can be asked */
  readonly views: readonly PeerView[];
  /** certbot says that it has just been issued */
  readonly isIssued: boolean;
}

/** Gives what is in place here its stamp, by all that is known of it, and writes it down. */
export async function recordCurrent(
  bundle: Bundle,
  { records, views, isIssued }: RecordOptions,
): Promise<InstalledRecord> {
  const { lineage, leaf, number } = bundle.manifest;
  const now = new Date();
  const known = { own: await records.installedOf(lineage), peers: recordsOf(views, lineage), now };
  const { stamp, isSet } = stamped({ ...leaf, number }, known, { isIssued });
  return await recordInstalled(bundle, isSet ? stamp : null, { records, now });
}
