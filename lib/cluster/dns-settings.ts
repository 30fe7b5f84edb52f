import * as v from 'valibot';
import { isHostName, isIpAddress, isLoopback } from '../net/address.ts';
import { listenPlaceOf } from './listen-place.ts';
import { strict } from './strict.ts';

// Every message completes the sentence "expected …": lib/cluster/problems.ts makes the line.

const timeout = (() => {
  const wanted = 'a number of seconds from 1 to 600';
  return v.pipe(v.number(wanted), v.minValue(1, wanted), v.maxValue(600, wanted));
})();

const resolvers = (() => {
  const wanted = 'a list of addresses, each with a port where it is not 53, such as [192.0.2.53]';
  const isResolver = (value: string) => isIpAddress(value) || listenPlaceOf(value) !== null;
  return v.array(v.pipe(v.string(wanted), v.check(isResolver, wanted)), wanted);
})();

const argumentList = (() => {
  const wanted = 'a list of arguments, such as [/usr/local/sbin/dns-record]';
  return v.pipe(v.array(v.string(wanted), wanted), v.minLength(1, wanted));
})();

const server = (() => {
  const wanted = 'an IPv4 address, an IPv6 address or a host name';
  return v.pipe(
    v.string(wanted),
    v.check((value) => isIpAddress(value) || isHostName(value), wanted),
  );
})();

const port = (() => {
  const wanted = 'a port number from 1 to 65535';
  return v.pipe(v.number(wanted), v.integer(wanted), v.minValue(1, wanted), v.maxValue(65_535, wanted));
})();

const path = (() => {
  const wanted = 'an absolute path';
  return v.pipe(v.string(wanted), v.startsWith('/', wanted));
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
  timeout: v.optional(timeout, 60),
};

const byRfc2136 = strict({
  provider: v.literal('rfc2136'),
  keyFile: v.optional(path, '/etc/certbot-ha/dns.key'),
  server: v.optional(v.nullable(server), null),
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
  command: argumentList,
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
