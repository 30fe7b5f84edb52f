import { some, type Area } from './area.ts';

interface AtName {
  /** the record's, where CNAMEs lead to */
  readonly name: string;
}

interface InZone {
  readonly zone: string;
}

/** What the name servers of a zone answer, or do not, where the gate of DNS-01 asks them. */
export const NAME_SERVERS = {
  'txt-record-missing': ({ name, serial }: AtName & { readonly serial: number | null }) =>
    `has no TXT record ${name}${serial === null ? '' : ` (its zone has serial ${serial})`}: ` +
    'is it told of changes (NOTIFY), and may it transfer the zone?',
  'txt-value-missing': ({ name, others }: AtName & { readonly others: number }) =>
    `TXT record ${name}: has ${others} other ${others === 1 ? 'value' : 'values'}, not all that belong to this run: ` +
    'is it told of changes (NOTIFY), and may it transfer the zone?',
  'txt-is-alias': ({ name, to }: AtName & { readonly to: string }) =>
    `${name} is a CNAME of ${to} there: does this server have another version of the zone?`,
  'cname-missing': ({ name, to }: AtName & { readonly to: string }) =>
    `has no CNAME record ${name} that leads to ${to}, as the resolver says: does this server have another version of the zone?`,
  'name-server-refuses': ({ zone }: InZone) =>
    `refuses to answer for ${zone} (REFUSED): does it serve the zone? is it right that the zone's NS records name it?`,
  'name-server-fails': ({ zone }: InZone) =>
    `cannot answer for ${zone} (SERVFAIL): has the zone expired there, or does it not load?`,
  'name-server-lame': ({ zone }: InZone) =>
    `is not authoritative for ${zone}: does it serve the zone? is it right that the zone's NS records name it?`,
  'name-server-unclear': ({ rcode }: { readonly rcode: string }) => `port 53: answers ${rcode}: see its log`,
  'name-server-no-dns': () =>
    'port 53: what answers does not speak DNS: is this the address of a name server?',
  'name-server-tcp-fails': ({ error }: { readonly error: string }) =>
    `port 53: its answer is cut off, and TCP fails (${error}): does a firewall let TCP through to port 53?`,
  'name-server-silent': ({ seconds }: { readonly seconds: number }) =>
    `port 53: no answer within ${seconds} s: is it running? does a firewall let this node ask it by UDP?`,
  'name-server-unroutable': () => 'not asked: this node has no route to this address',
  'name-server-without-address': () => 'not asked: its name has no address',
  'zone-without-servers': ({ zone }: InZone) => `${zone}: no name server of the zone could be asked`,
  'wildcard-needs-dns': ({ names, file }: { readonly names: readonly string[]; readonly file: string }) =>
    `${some(names)}: DNS-01 alone proves a wildcard, and ${file} has no dns`,
  'records-left': ({ names }: { readonly names: readonly string[] }) =>
    `TXT records may be left in DNS, to be removed by the next run or certbot-ha sync: ${some(names)}`,
  'record-given-up': ({ name, value }: AtName & { readonly value: string }) =>
    `${name}: TXT value ${value} could not be removed for a week, and no run will try again: remove it by hand`,
} satisfies Area;
