import { CertbotHaError } from '../base/errors.ts';
import { isHostName } from '../net/address.ts';
import { readSecretFile } from './secret-file.ts';

/** A key that both sides of an update know (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: string;
  /** base64 */
  readonly secret: string;
}

const ALGORITHMS: readonly string[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map(
  (hash) => `hmac-${hash}`,
);

/** Whole and of some length. */
const SECRET = /^(?=.{16,})(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads one key as `tsig-keygen` and `ddns-confgen` write it for BIND, or `keymgr -t` for Knot.
 * @throws {CertbotHaError} `config` for a file that is open to others or holds anything else. No message shows what it holds.
 */
export function readTsigKey(file: string): TsigKey {
  return tsigKeyIn(readSecretFile(file), file);
}

/** The same of the file's text. */
export function tsigKeyIn(text: string, file: string): TsigKey {
  const invalid = (expected: string) =>
    new CertbotHaError('config', { code: 'dns-key-file-invalid', file, expected });
  const found = keysOfBind(text) ?? keysOfKnot(text);
  const [key, ...more] = found;
  if (key === undefined || more.length > 0)
    throw invalid('one key, as tsig-keygen writes it: key "NAME" { algorithm hmac-sha256; secret "..."; };');
  if (!isHostName(key.name)) throw invalid('a name of letters, digits, dots and dashes');
  if (!ALGORITHMS.includes(key.algorithm)) throw invalid(`an algorithm of ${ALGORITHMS.join(', ')}`);
  if (!SECRET.test(key.secret)) throw invalid('a secret in base64');
  return key;
}

/** null: it is in another form. */
function keysOfBind(text: string): readonly TsigKey[] | null {
  // Two slashes may be within a secret, and a comment does not begin within a word.
  const plain = text.replaceAll(/\/\*[^]*?\*\/|(?<=^|[\s;{}])(?:#|\/\/).*$/gm, '');
  const statement = /\bkey\s+("?)([^\s"{};]+)\1\s*\{([^{}]*)\}/g;
  const keys = [...plain.matchAll(statement)].map(([, , name = '', body = '']) => ({
    name: name.toLowerCase().replace(/\.$/, ''),
    algorithm: (/\balgorithm\s+"?([^\s";]+)/.exec(body)?.[1] ?? '').toLowerCase(),
    secret: /\bsecret\s+"?([^\s";]+)/.exec(body)?.[1] ?? '',
  }));
  return keys.length > 0 ? keys : null;
}

function keysOfKnot(text: string): readonly TsigKey[] {
  const value = (line: string, name: string) =>
    new RegExp(`^\\s*(?:-\\s*)?${name}:\\s*(["']?)([^\\s"']+)\\1\\s*$`).exec(line)?.[2];
  const lines = text.split('\n');
  const all = (name: string) => lines.flatMap((line) => value(line, name) ?? []);
  const [algorithms, secrets] = [all('algorithm'), all('secret')];
  return all('id').map((name, index) => ({
    name: name.toLowerCase().replace(/\.$/, ''),
    algorithm: (algorithms[index] ?? '').toLowerCase(),
    secret: secrets[index] ?? '',
  }));
}
