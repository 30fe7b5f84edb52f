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
  /** the N of the issuer's archive/NAME/certN.pem */
  readonly number: number;
  readonly leaf: Leaf;
  /** the node that it comes from */
  readonly from: string;
  readonly files: readonly { readonly path: BundlePath; readonly mode: string; readonly sha256: string }[];
}

/** What tells one generation of a lineage from another. */
export interface Leaf {
  /** SHA-256 of the leaf's DER, 64 hexadecimal characters in lower case: the bundle's id */
  readonly sha256: string;
  readonly serial: string;
  /** ISO 8601 */
  readonly notBefore: string;
  readonly notAfter: string;
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

/** A bundle's id in a path or a URL. */
export const ID_PATTERN = '^[0-9a-f]{64}$';

/** certbot takes a lineage's name from a domain or from --cert-name; nothing that could leave its directory. */
const LINEAGE_NAME = /^(?!\.)[A-Za-z0-9._*@+-]{1,200}$/;

export function isLineageName(name: string): boolean {
  return LINEAGE_NAME.test(name);
}

/** A generation as `compareAge` sees it: its leaf, and the N of certN.pem where that is known. */
export type Generation = Pick<Leaf, 'sha256' | 'notBefore'> & { readonly number?: number };

/**
 * Which of two generations is the newer: by notBefore and, for two of one second (some CAs know days
 * only), by number, then by SHA-256, so that every node decides alike. Positive when `one` is the
 * newer, 0 when they are the same.
 */
export function compareAge(one: Generation, other: Generation): number {
  if (one.sha256 === other.sha256) return 0;
  const difference =
    Date.parse(one.notBefore) - Date.parse(other.notBefore) || (one.number ?? 0) - (other.number ?? 0);
  return difference === 0 ? (one.sha256 > other.sha256 ? 1 : -1) : difference;
}

/** A bundle's generation. */
export function generationOf({ leaf, number }: Manifest): Generation {
  return { ...leaf, number };
}
