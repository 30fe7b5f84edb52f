import { randomBytes } from 'node:crypto';
import type { Challenge } from '../../../lib/challenge/challenge.ts';

/** A challenge as Let's Encrypt's look: 43 characters of token, 43 of thumbprint. */
export function makeChallenge(identifier = 'a.example.test'): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { identifier, token, keyAuthorization: `${token}.${randomBytes(32).toString('base64url')}` };
}

export function makeChallenges(count: number): readonly Challenge[] {
  return Array.from({ length: count }, (_, index) => makeChallenge(`n${index}.example.test`));
}
