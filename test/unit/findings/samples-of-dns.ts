import type { Finding } from '../../../lib/findings/register.ts';

const at = { server: 'SERVER (ADDRESS)', zone: 'ZONE' };

/** The same for findings of DNS-01. */
export const SAMPLES_OF_DNS: readonly Finding[] = [
  { code: 'dns-for-address', identifier: 'ADDRESS' },
  { code: 'dns-for-no-name', identifier: 'NAME' },
  { code: 'dns-not-configured', file: 'FILE' },
  { code: 'dns-resolver-failed', name: 'NAME', kind: 'SOA', error: 'SERVFAIL', resolvers: ['ADDRESS'] },
  { code: 'dns-zone-missing', name: 'NAME' },
  { code: 'dns-cname-loop', through: ['NAME', 'OTHER', 'NAME'] },
  { code: 'dns-cnames-too-many', name: 'NAME', atMost: 8 },
  { code: 'dns-command-failed', program: 'PROGRAM', end: 1, said: ['WHAT IT SAYS'] },
  { code: 'dns-cname-odd', name: 'NAME', target: 'WHERE IT LEADS' },
  { code: 'dns-value-invalid', identifier: 'NAME', length: 12 },
  { code: 'dns-file-unreadable', file: 'FILE', error: 'CODE' },
  { code: 'dns-file-open', file: 'FILE', mode: '0644' },
  { code: 'dns-file-of-another-user', file: 'FILE', uid: 1000 },
  { code: 'dns-file-too-large', file: 'FILE', bytes: 20_000, maxBytes: 16_384 },
  { code: 'dns-key-file-invalid', file: 'FILE', expected: 'a secret in base64' },
  { code: 'dns-nsupdate-missing' },
  { code: 'dns-key-unknown', ...at, key: 'KEY', algorithm: 'hmac-sha256' },
  { code: 'dns-key-differs', ...at, key: 'KEY' },
  { code: 'dns-clock-differs', ...at },
  { code: 'dns-update-refused', ...at, key: 'KEY' },
  { code: 'dns-not-primary', ...at, rcode: 'NOTAUTH' },
  { code: 'dns-server-failed', ...at },
  { code: 'dns-server-silent', ...at, port: 53, error: 'timed out' },
  { code: 'dns-primary-unresolved', server: 'SERVER', zone: 'ZONE' },
  { code: 'dns-update-failed', ...at, rcode: 'FORMERR', said: ['WHAT IT SAYS'] },
];
