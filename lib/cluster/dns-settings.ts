import * as v from 'valibot';
import { isIpAddress, isLoopback } from '../net/address.ts';
import { listenPlaceOf } from './listen-place.ts';
import { address, argumentList, path, port, seconds, strict } from './values.ts';

// Every message completes the sentence "expected …": lib/cluster/problems.ts makes the line.

const resolvers = (() => {
  const wanted = 'a list of addresses, each with a port where it is not 53, such as [192.0.2.53]';
  const isResolver = (value: string) => isIpAddress(value) || listenPlaceOf(value) !== null;
  return v.array(v.pipe(v.string(wanted), v.check(isResolver, wanted)), wanted);
})();

/** A token goes there: in the clear to this host alone. */
const apiUrl = (() => {
  const wanted = 'an https URL without a path, such as https://api.gandi.net';
  const isApi = (value: string) => {
    if (!/^https?:\/\/[^\s/@?#]+\/?$/i.test(value) || !URL.canParse(value)) return false;
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
  };
  return v.pipe(v.string(wanted), v.check(isApi, wanted));
})();

/** What every provider has. */
const COMMON = {
  resolvers: v.optional(resolvers, []),
  timeout: v.optional(seconds(1, 600), 60),
};

const byRfc2136 = strict({
  provider: v.literal('rfc2136'),
  keyFile: v.optional(path, '/etc/certbot-ha/dns.key'),
  server: v.optional(v.nullable(address), null),
  port: v.optional(port, 53),
  ...COMMON,
});

const byGandi = strict({
  provider: v.literal('gandi'),
  tokenFile: v.optional(path, '/etc/certbot-ha/gandi.token'),
  apiUrl: v.optional(apiUrl, 'https://api.gandi.net'),
  ...COMMON,
});

const byCommand = strict({
  provider: v.literal('command'),
  command: argumentList('[/usr/local/sbin/dns-record]'),
  ...COMMON,
});

/** `dns`. */
export const dnsSettings = v.nullish(
  v.variant('provider', [byRfc2136, byGandi, byCommand], ({ expected }) =>
    expected === 'Object' ? 'a mapping of keys' : 'one of rfc2136, gandi, command',
  ),
  null,
);

type DnsDocument = NonNullable<v.InferOutput<typeof dnsSettings>>;

/** Who publishes the records of DNS-01, and how; times in milliseconds. */
export type DnsSettings = InMs<DnsDocument>;

type InMs<Document> = Document extends unknown
  ? Omit<Document, 'timeout'> & { readonly timeoutMs: number }
  : never;

export function dnsSettingsOf({ timeout, ...settings }: DnsDocument): DnsSettings {
  return { ...settings, timeoutMs: timeout * 1000 };
}
