import type { Generation, Leaf } from '../lineage/generation.ts';
import { earliest, isAhead, stampAfter } from '../lineage/stamp.ts';
import type { InstalledRecord } from './records.ts';

/** What a record, of this node or another, says of stamps. */
export type StampSource = Pick<InstalledRecord, 'leaf' | 'stamp' | 'others'> &
  Partial<Pick<InstalledRecord, 'number'>>;

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

/**
 * A generation with its stamp (docs/decisions/0028): the one that it has in any record, the earliest where they
 * differ, so that what comes back from a backup is old again. What nobody knows has been issued now
 * where certbot says so, or where this node knows another generation of the lineage. Else it is from
 * before certbot-ha, or this node has forgotten all, and its notBefore counts.
 */
export function stamped(
  { sha256, notBefore, notAfter, number }: Found,
  { own, peers, now }: Known,
  { isIssued = false }: { readonly isIssued?: boolean } = {},
): Stamped {
  const all = own === null ? peers : [own, ...peers];
  const believed = all.flatMap(stampsIn).filter(({ stamp }) => !isAhead(stamp, now));
  const set = earliest(believed.filter((one) => one.sha256 === sha256).map(({ stamp }) => stamp));
  if (set !== null) return { sha256, stamp: set, isSet: true, isNew: false };
  const isNew = !all.some(({ leaf, stamp }) => leaf.sha256 === sha256 && stamp === undefined);
  const isOver = Date.parse(notAfter) <= now.getTime();
  const isIssuedHere = isIssued || (own !== null && !isOver && !isFromBackup(number, own));
  if (!isNew || !isIssuedHere) return { sha256, stamp: notBefore, isSet: false, isNew };
  const unset = all.map(({ leaf, stamp }) => ({ sha256: leaf.sha256, stamp: stamp ?? leaf.notBefore }));
  const known = [...believed, ...unset].map(({ stamp }) => stamp);
  const stamp = stampAfter(
    known.filter((one) => !isAhead(one, now)),
    now,
  );
  return { sha256, stamp, isSet: true, isNew };
}

/** A version without stamps has recorded its own number alone, and certbot issues nothing under a lower one. */
function isFromBackup(number: number | undefined, own: StampSource): boolean {
  return own.stamp === undefined && number !== undefined && number <= (own.number ?? 0);
}

function stampsIn({ leaf, stamp, others = [] }: StampSource): readonly Generation[] {
  return stamp === undefined ? others : [{ sha256: leaf.sha256, stamp }, ...others];
}
