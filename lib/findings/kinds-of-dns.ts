import type { Kinds } from './kind.ts';

const IDENTIFIER = { identifier: 'text' } as const;

const AT_SERVER = { server: 'text', zone: 'text' } as const;

/** The arguments of findings about DNS-01. */
export const OF_DNS = {
  'dns-for-address': IDENTIFIER,
  'dns-for-no-name': IDENTIFIER,
  'dns-not-configured': { file: 'text' },
  'dns-resolver-failed': { name: 'text', kind: 'text', error: 'text', resolvers: 'texts' },
  'dns-zone-missing': { name: 'text' },
  'dns-cname-loop': { through: 'texts' },
  'dns-cnames-too-many': { name: 'text', atMost: 'number' },
  'dns-command-failed': { program: 'text', end: 'number', said: 'texts' },
  'dns-command-missing': { program: 'text' },
  'dns-cname-odd': { name: 'text', target: 'text' },
  'dns-value-invalid': { identifier: 'text', length: 'number' },
  'dns-file-unreadable': { file: 'text', error: 'text' },
  'dns-file-open': { file: 'text', mode: 'text' },
  'dns-file-of-another-user': { file: 'text', uid: 'number' },
  'dns-file-too-large': { file: 'text', bytes: 'number', maxBytes: 'number' },
  'dns-key-file-invalid': { file: 'text', expected: 'text' },
  'dns-key-unknown': { ...AT_SERVER, key: 'text', algorithm: 'text' },
  'dns-key-differs': { ...AT_SERVER, key: 'text' },
  'dns-clock-differs': AT_SERVER,
  'dns-update-refused': { ...AT_SERVER, key: 'text' },
  'dns-not-primary': { ...AT_SERVER, rcode: 'text' },
  'dns-server-failed': AT_SERVER,
  'dns-server-silent': { ...AT_SERVER, port: 'number', error: 'text' },
  'dns-primary-unresolved': AT_SERVER,
  'dns-update-failed': { ...AT_SERVER, rcode: 'text', said: 'texts' },
  'dns-token-file-invalid': { file: 'text' },
  'dns-token-refused': { api: 'text', file: 'text' },
  'dns-token-forbidden': { api: 'text', file: 'text', zone: 'text' },
  'dns-api-without-zone': { api: 'text', zone: 'text' },
  'dns-api-limit': { api: 'text', seconds: 'number?' },
  'dns-api-failed': { api: 'text', zone: 'text', status: 'number', said: 'texts' },
  'dns-api-silent': { api: 'text', error: 'text' },
  'dns-api-odd': { api: 'text' },
  'dns-values-lost': { name: 'text' },
} as const satisfies Partial<Kinds>;
