import { X509Certificate } from 'node:crypto';
import type { Bundle } from '../lineage/bundle.ts';
import type { Leaf, OtherGeneration } from '../lineage/generation.ts';
import { lostAccounts } from '../lineage/lost-account.ts';
import { namesOf } from '../lineage/names.ts';
import { placedHere, type Placed } from '../lineage/placed.ts';
import { noteNowOrLater, type ListedRecords } from './note-here.ts';
import {
  isNoted,
  isRecordable,
  lacking,
  MAX_NAMES,
  MAX_OTHERS,
  type InstalledRecord,
  type Records,
} from './records.ts';
import { isRecordDeletedBy } from './deleted-records.ts';

export interface RecordingOptions {
  readonly records: Pick<Records, 'installedOf' | 'writeInstalled' | 'deletionOf' | 'writeDeletion'> &
    ListedRecords;
  readonly configDir: string;
  readonly now: Date;
}

/**
 * Writes down what is in place of a lineage, whoever has put it there: what certbot itself has issued
 * on this node is installed here as well, since the peers ask for it. One that is known keeps all but its stamp.
 * @param stamp null: nobody has set one
 */
export async function recordInstalled(
  bundle: Bundle,
  stamp: string | null,
  options: RecordingOptions,
): Promise<InstalledRecord> {
  const record = await recordOf(bundle, stamp, options);
  const deletion = await options.records.deletionOf(record.lineage);
  // What has come after a deletion is not what waits to be deleted.
  if (deletion?.isPending && !isRecordDeletedBy(record, deletion))
    await options.records.writeDeletion({ ...deletion, isPending: false });
  await noteNowOrLater(options.configDir, options.records, record.lineage);
  return record;
}

async function recordOf(
  { manifest, files }: Bundle,
  stamp: string | null,
  { records, configDir, now }: RecordingOptions,
): Promise<InstalledRecord> {
  const { lineage, leaf, number, from } = manifest;
  const known = await records.installedOf(lineage);
  const set = stamp === null ? {} : { stamp };
  if (known?.leaf.sha256 === leaf.sha256) {
    const { goneSince, ...here } = known;
    // What has arrived may be of another server's account.
    const [lost = null] = known.lacksAccount === undefined ? [] : await lostAccounts(configDir, [lineage]);
    const isAsBefore = goneSince === undefined && isNoted(known, lost);
    if (isAsBefore && (stamp === null || known.stamp === stamp)) return known;
    const restamped = { ...lacking(here, lost), ...set };
    await records.writeInstalled(restamped);
    return restamped;
  }
  const placed = await placedHere(configDir, lineage, leaf, MAX_OTHERS);
  const names = namesOf(new X509Certificate(files['cert.pem'])).filter(isRecordable).slice(0, MAX_NAMES);
  const others = othersOf(leaf, { known, placed, now });
  const record = {
    lineage,
    leaf,
    ...set,
    ...(others.length > 0 && { others }),
    number,
    ...(placed !== null && { numberHere: placed.number }),
    names,
    from,
    installedAt: now.toISOString(),
  };
  await records.writeInstalled(record);
  return record;
}

interface Before {
  readonly known: InstalledRecord | null;
  readonly placed: Placed | null;
  readonly now: Date;
}

/**
 * What was in place before it, the latest first, recorded or not: a backup may bring any of it back. What has expired
 * can come back, but not be delivered.
 */
function othersOf({ sha256 }: Leaf, { known, placed, now }: Before): readonly OtherGeneration[] {
  const recorded = generationsOf(known);
  const isRecorded = new Set(recorded.map((other) => other.sha256));
  const found = (placed?.earlier ?? []).filter((leaf) => !isRecorded.has(leaf.sha256));
  return [...recorded, ...found.map((leaf) => asOther(leaf))]
    .filter((other) => other.sha256 !== sha256 && Date.parse(other.notAfter) > now.getTime())
    .slice(0, MAX_OTHERS);
}

/** What a record tells of, its own generation first. */
export function generationsOf(
  record: Pick<InstalledRecord, 'leaf' | 'stamp' | 'others'> | null,
): readonly OtherGeneration[] {
  return record === null ? [] : [asOther(record.leaf, record.stamp), ...(record.others ?? [])];
}

function asOther({ sha256, notBefore, notAfter }: Leaf, stamp?: string): OtherGeneration {
  const unset = { stamp: new Date(notBefore).toISOString(), isUnset: true };
  return { sha256, ...(stamp === undefined ? unset : { stamp }), notAfter };
}
