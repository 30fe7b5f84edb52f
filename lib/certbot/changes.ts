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

/** Changes as an operator accepts them, `server=https://…`. Those of names and of the program that renews are not of a value. */
export const ACCEPTABLE = {
  server: isServer,
  account: isAccount,
  reuse_key: isFlag,
  autorenew: isFlag,
  allow_subset_of_names: isFlag,
  must_staple: isFlag,
  required_profile: isProfile,
  preferred_profile: isProfile,
  // Whatever a certificate is for: the command that is printed has to be one that is taken.
  without: (value: string) => value.length <= MAX_NAME_CHARS && /^\P{C}+$/u.test(value),
  authenticator: (value: string) => value === 'manual',
} as const satisfies Readonly<Record<Kept | 'without' | 'authenticator', (value: string) => boolean>>;

export function changeOf(key: keyof typeof ACCEPTABLE, value: string): string {
  return `${key}=${value}`;
}

/** Whether it is a change that may be accepted, in the form that is expected. */
export function isChange(text: string): boolean {
  const [key = '', ...rest] = text.split('=');
  return Object.hasOwn(ACCEPTABLE, key) && ACCEPTABLE[key as keyof typeof ACCEPTABLE](rest.join('='));
}

/** One for each name: an earlier version lists all that are lost in one. */
export function eachChange(text: string): readonly string[] {
  const [, names] = /^without=([\w.*:-]+(?:,[\w.*:-]+)+)$/.exec(text) ?? [];
  return names === undefined ? [text] : names.split(',').map((name) => changeOf('without', name));
}
