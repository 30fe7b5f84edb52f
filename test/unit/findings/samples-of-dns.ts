import type { Finding } from '../../../lib/findings/register.ts';

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
];
