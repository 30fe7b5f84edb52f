import { randomBytes } from 'node:crypto';
import { madeUpFor, type Challenge } from '../challenge/challenge.ts';

/** A challenge that no CA has given. */
export function makeUp(identifier: string): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { identifier, token, keyAuthorization: madeUpFor(token) };
}
