import { isAccount, isServer, valueIn, valuesIn, type RenewalData } from './renewal-data.ts';

/** What decides whom certbot trusts, and whether it renews and with which key: it changes by a hand on each node only. */
export const KEPT = ['server', 'account', 'reuse_key', 'autorenew'] as const;
export type Kept = (typeof KEPT)[number];

/** Those of the keys that differ from a node's own configuration. */
export function keptThatDiffer(own: string, data: RenewalData): readonly Kept[] {
  const here = valuesIn(own);
  return KEPT.filter((key) => here(key) !== valueIn(data, key));
}

const MAX_NAME_CHARS = 1_000;

/** Changes as an operator accepts them, `server=https://…`. Those of names and of the program that renews are not of a value. */
export const ACCEPTABLE = {
  server: isServer,
  account: isAccount,
  reuse_key: (value: string) => /^(?:true|false)$/.test(value),
  autorenew: (value: string) => /^(?:true|false)$/.test(value),
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
