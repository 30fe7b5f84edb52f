import * as v from 'valibot';

/** A bundle's id in a path or a URL. */
export const ID_PATTERN = '^[0-9a-f]{64}$';

/** certbot takes a lineage's name from a domain or from --cert-name; nothing that could leave its directory. */
const LINEAGE_NAME = /^(?!\.)[A-Za-z0-9._*@+-]{1,200}$/;

export function isLineageName(name: string): boolean {
  return LINEAGE_NAME.test(name);
}

export const time = v.pipe(v.string(), v.isoTimestamp());

/** As `Date.toISOString` writes it, which is what is compared. */
export const STAMP_PATTERN = '^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$';

export function isStamp(text: string): boolean {
  if (!new RegExp(STAMP_PATTERN).test(text) || Number.isNaN(Date.parse(text))) return false;
  // Node.js takes the 29th of a February that has 28 days for the 1st of March.
  return new Date(text).toISOString() === text;
}

export const stamp = v.pipe(v.string(), v.check(isStamp));

export const hash = v.pipe(v.string(), v.regex(new RegExp(ID_PATTERN)));

/** certbot names an account by the MD5 of its public key (certbot, account.py). */
export const accountId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

export const lineageName = v.pipe(v.string(), v.check(isLineageName));
