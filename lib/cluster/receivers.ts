import * as v from 'valibot';
import { argumentList } from './values.ts';

/** Receivers that are reached by a URL, which is a secret as a rule: whoever knows it can write there. */
const BY_URL = ['webhook', 'slack', 'ntfy', 'healthchecks', 'uptimeKuma'] as const;

const KINDS: readonly string[] = [...BY_URL, 'mail', 'command'];

/** A URL as the configuration has it: itself, or a file of root's that holds it. */
export type GivenUrl = string | { readonly file: string };

/** Who hears of failures, recoveries and expiry. */
export type Receiver =
  | { readonly kind: (typeof BY_URL)[number]; readonly url: GivenUrl }
  | { readonly kind: 'mail'; readonly address: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** One address, which no header and no second recipient can hide in. */
const MAIL = /^[^\s\p{Cc},;:<>()[\]"\\@]{1,64}(?:@[^\s\p{Cc},;:<>()[\]"\\@]{1,255})?$/u;

const mail = (() => {
  const wanted = 'one mail address, such as root or ops@example.com';
  return v.pipe(v.string(wanted), v.regex(MAIL, wanted));
})();

const url = v.custom<GivenUrl>(
  (value) => (typeof value === 'string' ? isUrl(value) : isFile(value)),
  'an http or https URL, or {file: PATH} with a file that holds one',
);

const receiver = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(
    isOfOneKind,
    `a mapping with one key, which is one of ${KINDS.join(', ')}`,
  ),
  v.strictObject({
    webhook: v.optional(url),
    slack: v.optional(url),
    ntfy: v.optional(url),
    healthchecks: v.optional(url),
    uptimeKuma: v.optional(url),
    mail: v.optional(mail),
    command: v.optional(argumentList('[/usr/local/bin/tell]')),
  }),
  v.transform((given): Receiver => {
    if (given.mail !== undefined) return { kind: 'mail', address: given.mail };
    if (given.command !== undefined) return { kind: 'command', argv: given.command };
    const kind = BY_URL.find((one) => given[one] !== undefined) ?? 'webhook';
    return { kind, url: given[kind] ?? '' };
  }),
);

/** `notify`. */
export const receivers = v.nullish(v.array(receiver, 'a list of receivers, such as [mail: root]'), []);

/** Whether it is one that a request can be sent to. */
export function isUrl(text: string): boolean {
  return /^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) && URL.canParse(text);
}

function isFile(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'file') return false;
  const { file } = value as { readonly file: unknown };
  return typeof file === 'string' && file.startsWith('/');
}

function isOfOneKind(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [kind, ...more] = Object.keys(value);
  return kind !== undefined && more.length === 0 && KINDS.includes(kind);
}
