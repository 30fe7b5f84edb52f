import type { Leaf } from './generation.ts';
import { createHash } from 'node:crypto';

/** The only files that travel, with the mode each is written with. */
export const BUNDLE_FILES = {
  'cert.pem': 0o644,
  'chain.pem': 0o644,
  'fullchain.pem': 0o644,
  'privkey.pem': 0o600,
  'renewal.conf': 0o644,
  'account/meta.json': 0o400,
  'account/private_key.json': 0o400,
  'account/regr.json': 0o400,
} as const satisfies Readonly<Record<string, number>>;

export type BundlePath = keyof typeof BUNDLE_FILES;

/** A file of a bundle is some kilobytes; a chain with large keys stays far below this. */
export const MAX_FILE_BYTES = 65_536;

/** What a bundle says of itself. */
export interface Manifest {
  readonly version: 1;
  /** the lineage's name, as in live/NAME */
  readonly lineage: string;
  /** the N of the sender's archive/NAME/certN.pem: nothing is compared by it */
  readonly number: number;
  readonly leaf: Leaf;
  /** the node that it comes from */
  readonly from: string;
  readonly files: readonly { readonly path: BundlePath; readonly mode: string; readonly sha256: string }[];
}

/** One generation of a lineage on its way: PEM files, renewal configuration, ACME account. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly files: Readonly<Record<BundlePath, string>>;
}

export function isBundlePath(path: string): path is BundlePath {
  return Object.hasOwn(BUNDLE_FILES, path);
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
