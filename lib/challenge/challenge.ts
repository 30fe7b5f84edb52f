import { isHostName, isIpAddress } from '../net/address.ts';

/** What one HTTP-01 challenge asks for (RFC 8555, section 8.3). */
export interface Challenge {
  /** a DNS name, or an IP address without brackets */
  readonly identifier: string;
  /** the file's name below /.well-known/acme-challenge/ */
  readonly token: string;
  /** the file's content: token.thumbprint */
  readonly keyAuthorization: string;
}

/** base64url without padding; the CA's tokens have 43 characters, RFC 8555 wants at least 22 */
export const TOKEN_PATTERN = '^[A-Za-z0-9_-]{16,128}$';
/** the token, a dot, and the SHA-256 of the account's key as base64url (RFC 8555, section 8.1) */
export const KEY_AUTHORIZATION_PATTERN = '^[A-Za-z0-9_-]{16,128}\\.[A-Za-z0-9_-]{43}$';

const TOKEN = new RegExp(TOKEN_PATTERN);
const KEY_AUTHORIZATION = new RegExp(KEY_AUTHORIZATION_PATTERN);

export function isToken(value: string): boolean {
  return TOKEN.test(value);
}

export function isKeyAuthorization(value: string, token: string): boolean {
  return KEY_AUTHORIZATION.test(value) && value.startsWith(`${token}.`);
}

/** A name that nobody can own (RFC 2606) and that tells in any log what it was. */
export const MADE_UP_NAME = 'certbot-ha-drill.invalid';

/** In place of an account's thumbprint, in what no CA has asked for: 43 characters that are no SHA-256 of a key. */
const MADE_UP = 'certbot-ha-drill'.padEnd(43, '-');

/** A key authorization for a token that no CA has given. */
export function madeUpFor(token: string): string {
  return `${token}.${MADE_UP}`;
}

export function isMadeUp(thumbprint: string): boolean {
  return thumbprint === MADE_UP;
}

export function isIdentifier(value: string): boolean {
  return isIpAddress(value) || isHostName(value);
}

/** Where tokens lie below the web server's root (RFC 8555, section 8.3). */
export const TOKENS_BELOW_WEBROOT = '.well-known/acme-challenge';

/** The path that the CA asks for. */
export function challengePath(token: string): string {
  return `/${TOKENS_BELOW_WEBROOT}/${token}`;
}
