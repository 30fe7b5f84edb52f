import type { Generation, Leaf } from '../lineage/generation.ts';
import { earliest, isAhead, laterOf, stampAfter } from '../lineage/stamp.ts';
import type { InstalledRecord, Records } from './records.ts';
import { isDeletedBy, newestDeletion, type ToldTombstone } from './tombstones.ts';

/** What a record, of this node or another, says of stamps. */
export type StampSource = Pick<InstalledRecord, 'leaf' | 'stamp' | 'others'> &
  Partial<Pick<InstalledRecord, 'number' | 'numberHere'>>;

/** A generation that may be anybody's. */
export interface Found extends Omit<Leaf, 'serial'> {
  /** the N of certN.pem, where it is in place here */
  readonly number?: number;
}

/** All that is known of one lineage's stamps. */
export interface Known {
  /** this node's record; null: it has none of this lineage */
  readonly own: StampSource | null;
  /** what those of the peers say that can be asked */
  readonly peers: readonly StampSource[];
  readonly now: Date;
}

export interface Stamped extends Generation {
  /** false: nobody has set one, and its notBefore counts */
  readonly isSet: boolean;
  /** nobody knows it */
  readonly isNew: boolean;
}

/** What is known of an issuance besides. */
export interface Issuance {
  /** certbot says that it has just been issued */
  readonly isIssued?: boolean;
  /** this node has found it in place a moment ago, before certbot said so */
  readonly isJustFound?: boolean;
}

/**
 * A generation with its stamp (docs/decisions/0028): the one that it has in any record, the earliest where they
 * differ, so that what comes back from a backup is old again. What nobody knows has been issued now
 * where certbot says so, or where this node knows another generation of the lineage. Else it is from
 * before certbot-ha, or this node has forgotten all, and its notBefore counts.
 */
export function stamped(
  { sha256, notBefore, notAfter, number }: Found,
  { own, peers, now }: Known,
  { isIssued = false, isJustFound = false }: Issuance = {},
): Stamped {
  const all = own === null ? peers : [own, ...peers];
  const known = all.flatMap(generationsIn).filter(({ stamp }) => !isAhead(stamp, now));
  const ofIt = known.filter((one) => one.sha256 === sha256);
  const set = earliest(ofIt.filter(({ isSet }) => isSet).map(({ stamp }) => stamp));
  // Nothing is issued before it begins: who says so makes it older than it is.
  if (set !== null) return { sha256, stamp: laterOf(set, notBefore), isSet: true, isNew: false };
  const isNew = ofIt.length === 0 || (isIssued && isJustFound);
  const isOver = Date.parse(notAfter) <= now.getTime();
  const isIssuedHere = isIssued || (own !== null && !isOver && !isFromBackup(number, own));
  if (!isNew || !isIssuedHere) return { sha256, stamp: notBefore, isSet: false, isNew };
  const stamp = stampAfter(
    known.map((one) => one.stamp),
    now,
  );
  return { sha256, stamp, isSet: true, isNew };
}

/** Where no stamp is known, nothing under the number that this node has recorded, or a lower one, is new. */
function isFromBackup(number: number | undefined, own: StampSource): boolean {
  const { stamp, numberHere = own.number ?? 0 } = own;
  return stamp === undefined && number !== undefined && number <= numberHere;
}

interface KnownGeneration extends Generation {
  readonly isSet: boolean;
}

function generationsIn({ leaf, stamp, others = [] }: StampSource): readonly KnownGeneration[] {
  const { sha256, notBefore } = leaf;
  const current = { sha256, stamp: laterOf(stamp ?? notBefore, notBefore), isSet: stamp !== undefined };
  return [current, ...others.map(({ isUnset = false, ...other }) => ({ ...other, isSet: !isUnset }))];
}

/**
 * A tombstone as a record: of a generation that nobody has. So what certbot issues after it gets a later stamp, and
 * what was here before keeps its own.
 */
export function sourceOfTombstone({ stamp: set, others: known }: ToldTombstone): StampSource {
  const leaf = { sha256: '', serial: '', notBefore: set, notAfter: set };
  return { leaf, stamp: set, others: known };
}

/** What is known of a lineage here, and what peers say of it: a tombstone stands in for a record. One that a wrong clock has stamped deletes nothing. */
export async function knownOf(
  lineage: string,
  {
    records,
    peers,
    told = [],
    now,
  }: Pick<Known, 'peers' | 'now'> & {
    readonly records: Pick<Records, 'installedOf' | 'deletionOf'>;
    /** the tombstones of the peers */
    readonly told?: readonly ToldTombstone[];
  },
): Promise<Known & { readonly deletion: ToldTombstone | null }> {
  const own = await records.installedOf(lineage);
  const deletion = await records.deletionOf(lineage);
  const graves = told.filter((one) => one.lineage === lineage && !isAhead(one.stamp, now));
  const stones = [deletion, ...graves].filter((one) => one !== null);
  const sources = stones.map(sourceOfTombstone);
  // Of what is deleted, and issued anew, there is a record again.
  const first = own ?? (deletion && sourceOfTombstone(deletion));
  return {
    own: first,
    peers: [...peers, ...sources],
    now,
    deletion: newestDeletion(stones.filter(({ stamp }) => !isAhead(stamp, now))),
  };
}

/** Whether what is there was deleted: a generation that was not issued after the deletion. */
export function isGone(found: Found, known: Awaited<ReturnType<typeof knownOf>>): boolean {
  return isDeletedBy(stamped(found, known), known.deletion);
}
