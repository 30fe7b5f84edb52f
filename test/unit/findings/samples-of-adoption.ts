import type { Finding } from '../../../lib/findings/register.ts';

/** The same for lineages that something else renews. */
export const SAMPLES_OF_ADOPTION: readonly Finding[] = [
  {
    ...{ code: 'adoption-by-dns', lineage: 'NAME', names: ['www.example.com'], authenticator: 'dns-rfc2136' },
    ...{ credentials: '/etc/letsencrypt/rfc2136.ini', server: null, hasDns: false },
  },
  {
    ...{ code: 'adoption-by-dns', lineage: 'NAME', names: ['www.example.com'], authenticator: 'dns-x' },
    ...{ credentials: null, server: 'https://ca.example.com/directory', hasDns: true },
  },
  { code: 'adoption-of-wildcard', lineage: 'NAME', names: ['*.example.com'] },
  { code: 'adoption-with-subset', lineage: 'NAME', file: 'FILE' },
  { code: 'adoption-other-installer', lineage: 'NAME', installer: 'apache', kind: 'nginx' },
  { code: 'certbot-at-work', configDir: 'DIRECTORY', pid: 4711 },
  { code: 'reconfigure-failed', lineage: 'NAME', end: 'exit code 1' },
  { code: 'hook-kept', lineage: 'NAME', option: 'deploy-hook', command: 'COMMAND' },
  { code: 'hook-kept', lineage: 'NAME', option: 'pre-hook', command: 'COMMAND' },
  { code: 'pre-hooks-stop', files: ['FILE'] },
  { code: 'not-adopted', lineage: 'NAME' },
  { code: 'adoption-interrupted', lineages: ['NAME', 'NAME'] },
];
