import { readFileSync, type Stats } from 'node:fs';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { isUrl, type GivenUrl } from '../cluster/receivers.ts';
import { withPlainFile } from '../system/read-now.ts';

const WANTED_MODE = 0o600;
const MAX_BYTES = 4_096;

/**
 * The URL of a receiver: what the configuration says, or what its file holds. The configuration is everybody's to read, so a URL
 * that is a secret is in a file of root's.
 * @throws {CertbotHaError} `config` when that is missing, open to others, somebody else's, or holds anything else. No message shows what it holds.
 */
export function urlOf(given: GivenUrl): URL {
  if (typeof given === 'string') return new URL(given);
  const { file } = given;
  const text = readPrivate(file).trim();
  // Not by the constructor's own error, which has the text in it.
  if (isUrl(text)) return new URL(text);
  throw new CertbotHaError('config', { code: 'url-file-without-url', file });
}

function readPrivate(file: string): string {
  try {
    return withPlainFile(file, (descriptor, stat) => {
      requirePrivate(file, stat);
      return readFileSync(descriptor, 'utf8');
    });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found = { code: 'url-file-unreadable', file, error: error.code } as const;
    throw new CertbotHaError('config', found, { cause: error });
  }
}

function requirePrivate(file: string, { mode, size, uid }: Stats): void {
  if (uid !== 0 && uid !== (process.getuid?.() ?? 0))
    throw new CertbotHaError('config', { code: 'url-file-of-another-user', file, uid });
  if ((mode & 0o777 & ~WANTED_MODE) !== 0) {
    const found = { code: 'url-file-open', file, mode: octal(mode) } as const;
    throw new CertbotHaError('config', found);
  }
  if (size > MAX_BYTES) throw new CertbotHaError('config', { code: 'url-file-without-url', file });
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
