import type { Kinds } from './kind.ts';

const ZONE = { zone: 'text' } as const;

/** The arguments of findings about the name servers of a zone. */
export const OF_NAME_SERVERS = {
  'txt-record-missing': { name: 'text', serial: 'number?' },
  'txt-value-missing': { name: 'text', others: 'number' },
  'txt-is-alias': { name: 'text', to: 'text' },
  'cname-missing': { name: 'text', to: 'text' },
  'name-server-refuses': ZONE,
  'name-server-fails': ZONE,
  'name-server-lame': ZONE,
  'name-server-unclear': { rcode: 'text' },
  'name-server-tcp-fails': { error: 'text' },
  'name-server-silent': { seconds: 'number' },
  'zone-without-servers': ZONE,
  'wildcard-needs-dns': { names: 'texts', file: 'text' },
  'records-left': { names: 'texts' },
  'record-given-up': { name: 'text', value: 'text' },
  'dns-challenge-asked': { file: 'text' },
} as const satisfies Partial<Kinds>;
