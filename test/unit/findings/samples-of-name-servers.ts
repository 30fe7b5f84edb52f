import type { Finding } from '../../../lib/findings/register.ts';

/** The same for findings of the gate of DNS-01. */
export const SAMPLES_OF_NAME_SERVERS: readonly Finding[] = [
  { code: 'dns-challenge-asked', file: 'FILE' },
  { code: 'txt-record-missing', name: 'NAME', serial: 2_026_112_801 },
  { code: 'txt-value-missing', name: 'NAME', others: 1 },
  { code: 'txt-is-alias', name: 'NAME', to: 'OTHER' },
  { code: 'cname-missing', name: 'NAME', to: 'OTHER' },
  { code: 'name-server-refuses', zone: 'ZONE' },
  { code: 'name-server-fails', zone: 'ZONE' },
  { code: 'name-server-lame', zone: 'ZONE' },
  { code: 'name-server-unclear', rcode: 'RCODE' },
  { code: 'name-server-no-dns' },
  { code: 'name-server-tcp-fails', error: 'WHAT THE SYSTEM SAYS' },
  { code: 'name-server-silent', seconds: 3 },
  { code: 'name-server-unroutable' },
  { code: 'name-server-without-address' },
  { code: 'zone-without-servers', zone: 'ZONE' },
  { code: 'wildcard-needs-dns', names: ['NAME'], file: 'FILE' },
  { code: 'records-left', names: ['NAME'] },
  { code: 'record-given-up', name: 'NAME', value: 'VALUE' },
];
