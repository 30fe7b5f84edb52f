import { CertbotHaError } from '../base/errors.ts';
import { readSecretFile } from './secret-file.ts';

/** What an Authorization header takes, of some length (RFC 6750, section 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/]{8,512}=*$/;

/**
 * Reads a token, which is alone in its file.
 * @throws {CertbotHaError} `config` for a file that is open to others or holds anything else. No message shows what it holds.
 */
export function readTokenFile(file: string): string {
  const text = readSecretFile(file).trim();
  if (TOKEN.test(text)) return text;
  throw new CertbotHaError('config', { code: 'dns-token-file-invalid', file });
}
