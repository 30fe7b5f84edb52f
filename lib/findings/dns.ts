import { list, type Area } from './area.ts';

interface Named {
  readonly name: string;
}

interface Identified {
  readonly identifier: string;
}

/** DNS-01: records, their zones, and whoever publishes them. No message shows a key or a token. */
export const DNS = {
  'dns-for-address': ({ identifier }: Identified) =>
    `${identifier}: DNS-01 is for names, and this is an IP address: validate it by HTTP-01`,
  'dns-for-no-name': ({ identifier }: Identified) =>
    `${identifier}: no name that can have a record _acme-challenge`,
  'dns-not-configured': ({ file }: { readonly file: string }) =>
    `${file}: dns is not set: DNS-01 needs a provider`,
  'dns-resolver-failed': ({
    name,
    kind,
    error,
    resolvers,
  }: Named & {
    readonly kind: string;
    /** as the resolver calls it, such as `SERVFAIL`, `TIMEOUT`, `CANCELLED` */
    readonly error: string;
    readonly resolvers: readonly string[];
  }) => `${name}: no answer about its ${kind} records (${error}) from ${list(resolvers, 'a resolver')}`,
  'dns-zone-missing': ({ name }: Named) =>
    `${name}: in no zone: no SOA record there or above it: is the domain registered and delegated?`,
  'dns-cname-loop': ({ through }: { readonly through: readonly string[] }) =>
    `CNAME records lead in a circle: ${through.join(' -> ')}`,
  'dns-cnames-too-many': ({ name, atMost }: Named & { readonly atMost: number }) =>
    `${name}: more than ${atMost} CNAME records, one after the other`,
  'dns-command-failed': ({
    program,
    end,
    said,
  }: {
    readonly program: string;
    readonly end: number;
    readonly said: readonly string[];
  }) => [`${program}: exit ${end}`, ...said],
} satisfies Area;
