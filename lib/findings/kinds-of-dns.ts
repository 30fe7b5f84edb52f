import type { Kinds } from './kind.ts';

const IDENTIFIER = { identifier: 'text' } as const;

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
} as const satisfies Partial<Kinds>;
