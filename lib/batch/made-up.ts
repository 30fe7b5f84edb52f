import { randomBytes } from 'node:crypto';
import { madeUpFor, type Challenge } from '../challenge/challenge.ts';
import type { DnsChallenge } from '../challenge/dns-01.ts';

const MADE_UP_VALUE = 'certbot-ha-drill-';

/** A challenge that no CA has given. */
export function makeUp(identifier: string): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { identifier, token, keyAuthorization: madeUpFor(token) };
}

/** A record that no CA asks for. Its value tells in DNS what it was, and has the length of a true one. */
export function makeUpForDns(identifier: string): DnsChallenge {
  const random = randomBytes(32).toString('base64url');
  return {
    identifier: identifier.replace(/^\*\./, ''),
    value: `${MADE_UP_VALUE}${random}`.slice(0, random.length),
  };
}
