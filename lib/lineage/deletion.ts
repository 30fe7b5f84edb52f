import * as v from 'valibot';
import { sha256, type Bundle } from './bundle.ts';
import { lineageName, stamp } from './schemas.ts';

/** That a lineage is no more: what has been issued of it until then goes, on every node. It travels as a bundle does, without its files. */
export interface Deletion {
  readonly lineage: string;
  /** when it was deleted, and after every generation that was known then: what `stamp.ts` tells */
  readonly stamp: string;
  /** the node where it was deleted */
  readonly from: string;
  /** it goes though a web server's configuration names it */
  readonly isForced: boolean;
  /** only to be told whether it could go */
  readonly isTrial: boolean;
}

/** What a deletion says of itself, in a manifest's place. A version that knows no deletions refuses it for its keys. */
export interface DeletionManifest {
  readonly version: 1;
  readonly lineage: string;
  readonly from: string;
  readonly deleted: Pick<Deletion, 'stamp' | 'isForced' | 'isTrial'>;
}

export interface DeletionBundle {
  readonly manifest: DeletionManifest;
  /** the same files as a bundle's, all of them empty: agents of every version carry them */
  readonly files: Bundle['files'];
}

export const deletionManifestSchema = v.strictObject({
  version: v.literal(1),
  lineage: lineageName,
  from: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
  deleted: v.strictObject({ stamp, isForced: v.boolean(), isTrial: v.boolean() }),
});

const NO_FILES: Bundle['files'] = {
  'cert.pem': '',
  'chain.pem': '',
  'fullchain.pem': '',
  'privkey.pem': '',
  'renewal.conf': '',
  'account/meta.json': '',
  'account/private_key.json': '',
  'account/regr.json': '',
};

export function bundleOfDeletion({ lineage, from, ...rest }: Deletion): DeletionBundle {
  const { stamp: set, isForced, isTrial } = rest;
  return {
    manifest: { version: 1, lineage, from, deleted: { stamp: set, isForced, isTrial } },
    files: NO_FILES,
  };
}

/** Its id in an inbox: where a bundle has its leaf's SHA-256. */
export function idOfDeletion({ lineage, stamp: set, isForced, isTrial }: Omit<Deletion, 'from'>): string {
  const how = `${isForced ? 'forced' : 'unforced'} ${isTrial ? 'trial' : 'deletion'}`;
  return sha256(`certbot-ha ${how}\n${lineage}\n${set}\n`);
}

export function deletionIn({ lineage, from, deleted }: DeletionManifest): Deletion {
  return { lineage, from, ...deleted };
}

export function isDeletion(parcel: Parcel): parcel is DeletionBundle {
  return 'deleted' in parcel.manifest;
}

/** What travels. */
export type Parcel = Bundle | DeletionBundle;

export function idOfParcel(parcel: Parcel): string {
  return isDeletion(parcel) ? idOfDeletion(deletionIn(parcel.manifest)) : parcel.manifest.leaf.sha256;
}
