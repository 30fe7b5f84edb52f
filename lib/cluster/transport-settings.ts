import * as v from 'valibot';
import {
  CHALLENGE_TRANSPORTS,
  LINEAGE_TRANSPORTS,
  type LineageTransportName,
  type TransportName,
} from './abilities.ts';
import { isLoopback } from '../net/address.ts';
import { isMapping, oneOf, path, port, section, strict, user } from './values.ts';

export const TRANSPORT_NAMES = Object.keys(CHALLENGE_TRANSPORTS) as readonly TransportName[];
const LINEAGE_NAMES = Object.keys(LINEAGE_TRANSPORTS) as readonly LineageTransportName[];
const WITHOUT_KEYS = TRANSPORT_NAMES.filter((name) => !Object.hasOwn(LINEAGE_TRANSPORTS, name));

const forLineages = v.picklist(
  LINEAGE_NAMES,
  `one of ${LINEAGE_NAMES.join(', ')} (${WITHOUT_KEYS.join(' and ')} carry no private keys)`,
);

/** One for both, or one for each. */
export const transport = v.lazy((value) =>
  isMapping(value)
    ? strict({
        challenges: v.optional(oneOf(...TRANSPORT_NAMES), 'http'),
        lineages: v.optional(forLineages, 'http'),
      })
    : oneOf(...TRANSPORT_NAMES),
);

/** Whether a URL is of a program of this host. */
export function isLoopbackUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || isLoopback(host);
}

/** The API key goes with each request: unencrypted only where it does not leave this host. */
const apiUrl = (() => {
  const wanted = 'the URL of its REST API: http:// on this host, such as http://127.0.0.1:8384, or https://';
  const isFit = (value: string) => {
    if (!URL.canParse(value)) return false;
    const { protocol, username, search, hash } = new URL(value);
    const isPlain = username === '' && search === '' && hash === '';
    return isPlain && (protocol === 'https:' || (protocol === 'http:' && isLoopbackUrl(value)));
  };
  return v.pipe(v.string(wanted), v.check(isFit, wanted));
})();

/** `syncthing`. */
export const syncthingSettings = section({
  url: v.optional(apiUrl, 'http://127.0.0.1:8384'),
  folder: v.optional(v.nullable(v.string("the id of a folder of Syncthing's")), null),
  apiKeyFile: v.optional(path, '/etc/certbot-ha/syncthing.key'),
});

/** `rsync` and `unison`: both go over ssh. */
const overSsh = (account: string, identityFile: string) =>
  section({
    user: v.optional(user, account),
    identityFile: v.optional(path, identityFile),
    port: v.optional(port, 22),
    sshConfig: v.optional(v.nullable(path), null),
  });

export const rsyncSettings = overSsh('certbot-ha', '/etc/certbot-ha/id_ed25519');
export const unisonSettings = overSsh('unison', '/etc/certbot-ha/id_unison');
