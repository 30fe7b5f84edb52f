import { createHash, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A made-up account's key. */
export const ACCOUNT_KEY = privateKey.export({ format: 'jwk' });
/** Its name: certbot takes the MD5 of the public key. */
export const ACCOUNT = createHash('md5')
  .update(publicKey.export({ type: 'spki', format: 'pem' }))
  .digest('hex');
export const SERVER = 'https://ca.example.test:14000/dir';

export interface ConfOptions {
  readonly configDir: string;
  readonly lineage: string;
  /** lines for [renewalparams], on top of those that are always there */
  readonly params?: readonly string[];
  /** instead of `version = 2.1.0` */
  readonly version?: string;
}

/** `renewal/NAME.conf` as certbot 2.1 writes it for the manual authenticator (certbot, storage.py). */
export function renewalConf({ configDir, lineage, params = [], version = '2.1.0' }: ConfOptions): string {
  const live = (part: string) => `${part} = ${join(configDir, 'live', lineage, `${part}.pem`)}`;
  return [
    '# renew_before_expiry = 30 days',
    `version = ${version}`,
    `archive_dir = ${join(configDir, 'archive', lineage)}`,
    ...['cert', 'privkey', 'chain', 'fullchain'].map(live),
    '',
    '# Options used in the renewal process',
    '[renewalparams]',
    `account = ${ACCOUNT}`,
    'authenticator = manual',
    'pref_challs = http-01,',
    `server = ${SERVER}`,
    'key_type = ecdsa',
    ...params,
    '',
  ].join('\n');
}

/** What `certbot-ha certonly` has certbot write down. */
export const OWN_HOOKS = [
  'manual_auth_hook = certbot-ha-auth',
  'manual_cleanup_hook = certbot-ha-cleanup',
  'renew_hook = certbot-ha-deploy',
];
