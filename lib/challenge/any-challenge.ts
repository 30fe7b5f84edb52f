import type { Challenge } from './challenge.ts';
import type { DnsChallenge } from './dns-01.ts';

/** What certbot asks for: by HTTP-01 a file, by DNS-01 a record. */
export type AnyChallenge = Challenge | DnsChallenge;

export type ChallengeType = 'http-01' | 'dns-01';

export function isDns<T extends AnyChallenge>(challenge: T): challenge is Extract<T, DnsChallenge> {
  return 'value' in challenge;
}

export function isHttp<T extends AnyChallenge>(challenge: T): challenge is Extract<T, Challenge> {
  return 'token' in challenge;
}

/** What no other challenge has: its token, or the record's value. A name and its wildcard have one identifier. */
export function keyOf(challenge: AnyChallenge): string {
  return isDns(challenge) ? challenge.value : challenge.token;
}

/** How often each identifier stands there: a name and its wildcard are two challenges of one. */
export function countIn(identifiers: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const identifier of identifiers) counts.set(identifier, (counts.get(identifier) ?? 0) + 1);
  return counts;
}
