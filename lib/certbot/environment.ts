import type { AnyChallenge } from '../challenge/any-challenge.ts';
import { isIdentifier, isKeyAuthorization, isToken } from '../challenge/challenge.ts';
import { isDnsValue } from '../challenge/dns-01.ts';
import { CertbotHaError } from '../base/errors.ts';
import { isIpAddress } from '../net/address.ts';

/** What certbot tells a manual hook (certbot, plugins/manual.py). */
export interface HookEnvironment {
  readonly challenge: AnyChallenge;
  /** auth hooks of this batch that are still to come */
  readonly remainingChallenges: number;
  /** every identifier of the batch, as certbot lists them: a name and its wildcard are one, twice; empty when it does not say */
  readonly allIdentifiers: readonly string[];
}

/** What certbot tells a deploy hook (certbot, hooks.py). */
export interface DeployEnvironment {
  /** the lineage's directory below live/ */
  readonly lineage: string;
  readonly names: readonly string[];
}

/** @throws {CertbotHaError} `environment`, naming the variable */
export function readHookEnvironment(env: NodeJS.ProcessEnv): HookEnvironment {
  // certbot 5.3 brought CERTBOT_IDENTIFIER and CERTBOT_ALL_IDENTIFIERS; before, there are only domains.
  const name = env['CERTBOT_IDENTIFIER'] ? 'CERTBOT_IDENTIFIER' : 'CERTBOT_DOMAIN';
  const identifier = required(env, name);
  if (!isIdentifier(identifier)) bad(name, 'a DNS name or an IP address', identifier);
  const challenge = challengeOf(env, { name, identifier });
  const remainingChallenges = env['CERTBOT_REMAINING_CHALLENGES'] || '0';
  if (!/^\d{1,6}$/.test(remainingChallenges))
    bad('CERTBOT_REMAINING_CHALLENGES', 'a number from 0', remainingChallenges);
  const all = env['CERTBOT_ALL_IDENTIFIERS'] || env['CERTBOT_ALL_DOMAINS'] || '';
  return {
    challenge,
    remainingChallenges: Number(remainingChallenges),
    allIdentifiers: all.split(',').filter((entry) => entry !== ''),
  };
}

interface Identified {
  /** the variable that has it */
  readonly name: string;
  readonly identifier: string;
}

/** certbot gives a token for HTTP-01 alone, and takes away that of an earlier challenge (plugins/manual.py). */
function challengeOf(env: NodeJS.ProcessEnv, { name, identifier }: Identified): AnyChallenge {
  const value = env['CERTBOT_VALIDATION'] ?? '';
  if (!env['CERTBOT_TOKEN'] && isDnsValue(value)) {
    if (isIpAddress(identifier)) bad(name, 'a DNS name, since dns-01 validates no IP address', identifier);
    return { identifier, value };
  }
  const token = required(env, 'CERTBOT_TOKEN');
  if (!isToken(token)) bad('CERTBOT_TOKEN', '16 to 128 characters of base64url', token);
  const keyAuthorization = required(env, 'CERTBOT_VALIDATION');
  if (!isKeyAuthorization(keyAuthorization, token)) {
    bad('CERTBOT_VALIDATION', 'CERTBOT_TOKEN, a dot and 43 characters of base64url', keyAuthorization);
  }
  return { identifier, token, keyAuthorization };
}

/** @throws {CertbotHaError} `environment`, naming the variable */
export function readDeployEnvironment(env: NodeJS.ProcessEnv): DeployEnvironment {
  const lineage = required(env, 'RENEWED_LINEAGE');
  if (!lineage.startsWith('/')) bad('RENEWED_LINEAGE', 'an absolute path', lineage);
  const names = required(env, 'RENEWED_DOMAINS')
    .split(' ')
    .filter((entry) => entry !== '');
  if (names.length === 0) bad('RENEWED_DOMAINS', 'DNS names and IP addresses', env['RENEWED_DOMAINS'] ?? '');
  const wrong = names.find((name) => !isIdentifier(name.replace(/^\*\./, '')));
  if (wrong !== undefined) bad('RENEWED_DOMAINS', 'DNS names and IP addresses', wrong);
  return { lineage, names };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new CertbotHaError('environment', { code: 'variable-missing', name });
}

function bad(name: string, expected: string, value: string): never {
  const got = value.length > 200 ? `${value.slice(0, 200)}…` : value;
  throw new CertbotHaError('environment', { code: 'variable-invalid', name, expected, got });
}
