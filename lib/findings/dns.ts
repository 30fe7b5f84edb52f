import { list, quoted, shellWord, type Area } from './area.ts';

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
    `${identifier}: no name that can have a record _acme-challenge: give certbot a host name`,
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
  }) =>
    `${name}: no answer about its ${kind} records (${error}) from ${list(resolvers, 'a resolver')}: try dig ${[name, kind, ...resolvers.slice(0, 1).map((one) => `@${one}`)].join(' ')}`,
  'dns-zone-missing': ({ name }: Named) =>
    `${name}: in no zone: no SOA record there or above it: is the domain registered and delegated?`,
  'dns-cname-loop': ({ through }: { readonly through: readonly string[] }) =>
    `CNAME records lead in a circle: ${through.join(' -> ')}: remove one of them`,
  'dns-cnames-too-many': ({ name, atMost }: Named & { readonly atMost: number }) =>
    `${name}: more than ${atMost} CNAME records, one after the other: point the first at the last name`,
  'dns-command-failed': ({
    program,
    end,
    said,
  }: {
    readonly program: string;
    readonly end: number;
    readonly said: readonly string[];
  }) => [`${program}: exit ${end}`, ...said],
  'dns-command-missing': ({ program }: { readonly program: string }) =>
    `${program}: dns.command names it, and it is not there or may not be run`,
  'dns-cname-odd': ({ name, target }: Named & { readonly target: string }) =>
    `${name}: its CNAME record leads to ${quoted(target)}, which is no host name`,
  'dns-value-invalid': ({ identifier, length }: Identified & { readonly length: number }) =>
    `${identifier}: expected a value of 43 characters of base64url for its record, got ${length} characters`,
} satisfies Area;

interface Filed {
  readonly file: string;
}

interface AtServer {
  /** `ns1.example.com (192.0.2.53)` */
  readonly server: string;
  readonly zone: string;
}

interface WithKey {
  /** its name */
  readonly key: string;
}

/** Dynamic updates, and the files with keys and tokens. */
export const DNS_UPDATE = {
  'dns-file-unreadable': ({ file, error }: Filed & { readonly error: string }) =>
    `${file}: cannot be read (${error})${error === 'ENOENT' ? ': docs/dns-01.md tells how it is made' : ''}`,
  'dns-file-open': ({ file, mode }: Filed & { readonly mode: string }) =>
    `${file}: mode is ${mode}, expected 0600 or less: chmod 600 ${shellWord(file)}`,
  'dns-file-of-another-user': ({ file, uid }: Filed & { readonly uid: number }) =>
    `${file}: belongs to user ${uid}, expected root: chown root ${shellWord(file)}`,
  'dns-file-too-large': ({
    file,
    bytes,
    maxBytes,
  }: Filed & { readonly bytes: number; readonly maxBytes: number }) =>
    `${file}: ${bytes} bytes, expected at most ${maxBytes}`,
  'dns-key-file-invalid': ({ file, expected }: Filed & { readonly expected: string }) =>
    `${file}: expected ${expected}: tsig-keygen NAME makes one`,
  'dns-nsupdate-missing': () =>
    'nsupdate is not installed: apt-get install bind9-dnsutils, or dnf install bind-utils',
  'dns-key-unknown': ({
    server,
    zone,
    key,
    algorithm,
  }: AtServer & WithKey & { readonly algorithm: string }) =>
    `${server}: does not know the key ${key} with ${algorithm} (BADKEY): name and algorithm have to be as they are there; Knot says so too where no acl lets it update ${zone}`,
  'dns-key-differs': ({ server, key }: AtServer & WithKey) =>
    `${server}: has another secret for the key ${key} (BADSIG): copy the key from the server's configuration again`,
  'dns-clock-differs': ({ server }: AtServer) =>
    `${server}: its clock and this host's differ by more than 5 minutes (BADTIME): set both by NTP`,
  'dns-update-refused': ({ server, zone, key }: AtServer & WithKey) =>
    `${server}: refuses an update of ${zone} by the key ${key} (REFUSED): allow it there, in BIND by update-policy`,
  'dns-not-primary': ({ server, zone, rcode }: AtServer & { readonly rcode: string }) =>
    `${server}: takes no updates of ${zone} (${rcode}): is it the primary of that zone? Another one is named by dns.server`,
  'dns-server-failed': ({ server, zone }: AtServer) =>
    `${server}: failed to update ${zone} (SERVFAIL): its log tells why; may it write the zone's directory?`,
  'dns-server-silent': ({ server, port, error }: AtServer & Readonly<{ port: number; error: string }>) =>
    `${server}: no answer on port ${port}, UDP and TCP (${error}): another server is named by dns.server`,
  'dns-primary-unresolved': ({ server, zone }: AtServer) =>
    `${server}: has no address, and updates of ${zone} go there: another server is named by dns.server`,
  'dns-update-failed': ({
    server,
    zone,
    rcode,
    said,
  }: AtServer & { readonly rcode: string; readonly said: readonly string[] }) => [
    `${server}: ${zone} was not updated (${rcode})`,
    ...said,
  ],
} satisfies Area;

interface AtApi {
  /** its host */
  readonly api: string;
}

interface OfZone {
  readonly zone: string;
}

/** A provider's API. */
export const DNS_API = {
  'dns-token-file-invalid': ({ file }: Filed) => `${file}: expected one line, a personal access token`,
  'dns-token-refused': ({ api, file }: AtApi & Filed) =>
    `${api}: refuses the token of ${file} (401): has it expired? Write another one into that file`,
  'dns-token-forbidden': ({ api, file, zone }: AtApi & Filed & OfZone) =>
    `${api}: the token of ${file} may not change ${zone} (403): give it the right to manage that domain's technical configuration`,
  'dns-api-without-zone': ({ api, zone }: AtApi & OfZone) =>
    `${api}: has no zone ${zone} (404): does the domain use LiveDNS, and may the token see it?`,
  'dns-api-limit': ({ api, seconds }: AtApi & { readonly seconds: number | null }) =>
    `${api}: too many requests (429): try again ${seconds === null ? 'later' : `in ${seconds} s`}`,
  'dns-api-failed': ({
    api,
    zone,
    status,
    said,
  }: AtApi & OfZone & { readonly status: number; readonly said: readonly string[] }) => [
    `${api}: ${zone} was not changed (status ${status})`,
    ...said,
  ],
  'dns-api-silent': ({ api, error }: AtApi & { readonly error: string }) =>
    `${api}: no answer (${error}): does a firewall let this host reach it?`,
  'dns-api-odd': ({ api }: AtApi) =>
    `${api}: answers with something else than a record of LiveDNS: does a proxy answer in its place?`,
  'dns-values-lost': ({ name }: Named) =>
    `${name}: its TXT values did not stay as they were written: does another program write there?`,
} satisfies Area;
