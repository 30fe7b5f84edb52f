import type { Finding } from '../../../lib/findings/register.ts';

/** The same for what `doctor` finds that no other program looks for. */
export const SAMPLES_OF_DOCTOR: readonly Finding[] = [
  { code: 'configuration-differs', file: '/etc/certbot-ha/config.yaml' },
  { code: 'configuration-not-loaded', file: '/etc/certbot-ha/config.yaml' },
  { code: 'version-differs', version: 'VERSION', here: 'VERSION' },
  { code: 'clock-differs', seconds: 30, of: 'this node' },
  { code: 'clock-differs', seconds: -30, of: 'the other nodes' },
  { code: 'unit-missing', unit: 'UNIT' },
  { code: 'unit-inactive', unit: 'UNIT', state: 'inactive' },
  { code: 'unit-disabled', unit: 'UNIT' },
  { code: 'unit-failed', unit: 'UNIT' },
  { code: 'nobody-renews' },
  { code: 'several-renewers', renewers: ['certbot.timer', 'FILE'] },
  { code: 'condition-missing', unit: 'certbot.service' },
  { code: 'lineage-not-renewed', lineage: 'NAME' },
  { code: 'little-room', directory: 'DIRECTORY', mebibytes: 12 },
  { code: 'few-inodes', directory: 'DIRECTORY', inodes: 12 },
  { code: 'tokens-forgotten', directory: 'DIRECTORY', count: 2 },
  { code: 'installation-unfinished', lineages: ['NAME'] },
  { code: 'delivery-not-installed', directory: 'DIRECTORY', count: 2 },
  { code: 'caa-forbids', name: 'NAME', at: 'DOMAIN', ca: 'letsencrypt.org', allowed: ['CA'] },
  { code: 'caa-forbids', name: 'NAME', at: 'DOMAIN', ca: 'letsencrypt.org', allowed: [] },
  { code: 'caa-other-account', name: 'NAME', at: 'DOMAIN', account: 'URL' },
  { code: 'caa-other-method', name: 'NAME', at: 'DOMAIN' },
  { code: 'caa-not-looked-up', name: 'NAME', error: 'CODE' },
];
