import { isAccount, isServer, isText, valueIn, valuesIn, type RenewalData } from './renewal-data.ts';

/**
 * What decides whom certbot trusts, whether it renews, with which key, and whether a renewal may lose names, fail or be of
 * no use to its web server: it changes by a hand on each node only.
 */
export const KEPT = [
  'server',
  'account',
  'reuse_key',
  'autorenew',
  'allow_subset_of_names',
  'must_staple',
  'required_profile',
  'preferred_profile',
] as const;
export type Kept = (typeof KEPT)[number];

/** Those of the keys that differ from a node's own configuration, or from what is remembered of it. */
export function keptThatDiffer(
  own: string | Readonly<Record<string, string | null>>,
  data: RenewalData,
): readonly Kept[] {
  const here = typeof own === 'string' ? valuesIn(own) : (key: string) => own[key] ?? null;
  return KEPT.filter((key) => here(key) !== valueIn(data, key));
}

function isFlag(value: string): boolean {
  return /^(?:true|false)$/.test(value);
}

/** None is written as nothing. */
function isProfile(value: string): boolean {
  return value === '' || isText(value);
}

const MAX_NAME_CHARS = 1_000;

interface Rule {
  readonly isValid: (value: string) => boolean;
  /** completes the sentence "expected …" */
  readonly expected: string;
}

const flag: Rule = { isValid: isFlag, expected: 'true or false' };
const profile: Rule = { isValid: isProfile, expected: 'the name of a profile of the CA, or nothing' };

/** Changes as an operator accepts them, `server=https://…`. Those of names and of the program that renews are not of a value. */
export const ACCEPTABLE = {
  server: { isValid: isServer, expected: 'the URL of an ACME directory' },
  account: { isValid: isAccount, expected: '32 hexadecimal characters' },
  reuse_key: flag,
  autorenew: flag,
  allow_subset_of_names: flag,
  must_staple: flag,
  required_profile: profile,
  preferred_profile: profile,
  // Whatever a certificate is for: the command that is printed has to be one that is taken.
  without: {
    isValid: (value) => value.length <= MAX_NAME_CHARS && /^\P{C}+$/u.test(value),
    expected: 'a name that the certificate is to lose',
  },
  authenticator: { isValid: (value) => value === 'manual', expected: 'manual' },
} as const satisfies Readonly<Record<Kept | 'without' | 'authenticator', Rule>>;

export function changeOf(key: keyof typeof ACCEPTABLE, value: string): string {
  return `${key}=${value}`;
}

/** A change in its two parts; null for what has no key. */
export function partsOf(text: string): { readonly key: string; readonly value: string } | null {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  return key === undefined || value === undefined ? null : { key, value };
}

/** What a key takes; null for one that nobody accepts. */
export function ruleOf(key: string): Rule | null {
  return Object.hasOwn(ACCEPTABLE, key) ? ACCEPTABLE[key as keyof typeof ACCEPTABLE] : null;
}

/** Whether it is a change that may be accepted, in the form that is expected. */
export function isChange(text: string): boolean {
  const parts = partsOf(text);
  return parts !== null && ruleOf(parts.key)?.isValid(parts.value) === true;
}

/** One for each name: an earlier version lists all that are lost in one. */
export function eachChange(text: string): readonly string[] {
  const [, names] = /^without=([\w.*:-]+(?:,[\w.*:-]+)+)$/.exec(text) ?? [];
  return names === undefined ? [text] : names.split(',').map((name) => changeOf('without', name));
}
