/**
 * Top-level names that will never be IANA's: RFC 6761, RFC 6762 (with its appendix G), RFC 9476, ICANN's `internal`,
 * and what home routers and distributions use.
 */
const NEVER_PUBLIC: ReadonlySet<string> = new Set(
  'alt corp example home internal intranet invalid lan local localdomain localhost mail private test'.split(
    ' ',
  ),
);

/**
 * Whether a name may be one that public DNS knows, which takes a list of all suffixes to be certain of: false for a
 * name of one label, with a dot at its end, below a name that is never delegated, or with a number for a suffix.
 */
export function mayBePublic(name: string): boolean {
  const labels = name.toLowerCase().split('.');
  const suffix = labels.at(-1) ?? '';
  return labels.length > 1 && /^[a-z][a-z0-9-]+$/.test(suffix) && !NEVER_PUBLIC.has(suffix);
}
