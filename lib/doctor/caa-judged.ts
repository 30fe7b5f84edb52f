import type { CaaRecord } from 'node:dns';
import type { ChallengeType } from '../challenge/any-challenge.ts';
import type { Finding } from '../findings/register.ts';

/** Who is asked for a certificate, and by whom. */
export interface Asked {
  /** by which the CA is called in CAA records; null: that is not known */
  readonly ca: string | null;
  /** the account's URL at the CA; null: not known */
  readonly account: string | null;
  readonly method: ChallengeType;
  /** for all names below it; absent: for the name */
  readonly isWildcard?: boolean;
}

/** An issue record: `letsencrypt.org; validationmethods=http-01` (RFC 8659, section 4.2; RFC 8657). */
interface Allowed {
  /** empty: no CA */
  readonly ca: string;
  readonly account: string | undefined;
  readonly methods: string | undefined;
}

/** Who runs an ACME server, by the end of its host name. */
const CAS: ReadonlyMap<string, string> = new Map([
  ['letsencrypt.org', 'letsencrypt.org'],
  ['pki.goog', 'pki.goog'],
  ['zerossl.com', 'sectigo.com'],
  ['sectigo.com', 'sectigo.com'],
  ['buypass.com', 'buypass.com'],
  ['ssl.com', 'ssl.com'],
]);

/** What else a CA goes by (its certification practice statement). */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'sectigo.com': ['zerossl.com', 'usertrust.com', 'trust-provider.com', 'comodoca.com', 'comodo.com'],
  'buypass.com': ['buypass.no'],
};

/** Properties that a CA knows. It has to refuse a name with another one that is critical (RFC 8659, section 4.1). */
const KNOWN: ReadonlySet<string> = new Set(['issue', 'issuewild', 'issuemail', 'iodef']);
/** Bit 0, and what earlier drafts took for it. */
const CRITICAL = 0b1000_0001;

/** By which name a CA is called in CAA records; null where it is not known. @param server its ACME directory */
export function caOf(server: string | null): string | null {
  const host = server !== null && URL.canParse(server) ? new URL(server).hostname : '';
  const [, ca = null] = [...CAS].find(([end]) => host === end || host.endsWith(`.${end}`)) ?? [];
  return ca;
}

/** What keeps a CA from issuing for a name; null: nothing does. */
export function judgeCaa(
  name: string,
  { at, records }: { readonly at: string; readonly records: readonly CaaRecord[] },
  { ca, account, method, isWildcard = false }: Asked,
): Finding | null {
  const properties = records.flatMap(propertiesIn);
  const unknown = properties.find(({ tag, isCritical }) => isCritical && !KNOWN.has(tag));
  if (unknown !== undefined) return { code: 'caa-critical', name, at, tag: unknown.tag };
  const by = (wanted: string) =>
    properties.filter(({ tag }) => tag === wanted).map(({ value }) => allowedBy(value));
  // Those for wildcards take the place of the others (RFC 8659, section 4.3).
  const forWildcards = isWildcard ? by('issuewild') : [];
  const issue = forWildcards.length > 0 ? forWildcards : by('issue');
  // Records of another kind, such as iodef, restrict nothing.
  if (issue.length === 0) return null;
  const names = ca === null ? null : [ca, ...(ALSO[ca] ?? [])];
  const matching = issue.filter((one) => (names === null ? one.ca !== '' : names.includes(one.ca)));
  if (matching.length === 0) {
    const allowed = [...new Set(issue.map((one) => one.ca))].filter((one) => one !== '');
    return { code: 'caa-forbids', name, at, ca, allowed };
  }
  const byMethod = matching.filter(
    ({ methods }) => methods === undefined || methods.split(',').some((one) => one.trim() === method),
  );
  if (byMethod.length === 0) return { code: 'caa-other-method', name, at, method };
  const isAllowed =
    account === null || byMethod.some((one) => one.account === undefined || one.account === account);
  return isAllowed ? null : { code: 'caa-other-account', name, at, account };
}

/** Their tags are the same in capitals (RFC 8659, section 4.1). */
function propertiesIn({ critical, ...properties }: CaaRecord) {
  const isCritical = (critical & CRITICAL) !== 0;
  return Object.entries(properties).flatMap(([tag, value]) =>
    typeof value === 'string' ? [{ tag: tag.toLowerCase(), value, isCritical }] : [],
  );
}

function allowedBy(value: string): Allowed {
  const [ca = '', ...rest] = value.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const [key = '', ...more] = part.split('=');
      return [key.trim().toLowerCase(), more.join('=').trim()] as const;
    }),
  );
  return {
    ca: ca.toLowerCase(),
    account: parameters.get('accounturi'),
    methods: parameters.get('validationmethods'),
  };
}
