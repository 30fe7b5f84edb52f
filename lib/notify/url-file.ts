import { CertbotHaError } from '../base/errors.ts';
import { isUrl, type GivenUrl } from '../cluster/receivers.ts';
import type { Finding } from '../findings/register.ts';
import { readPrivateFile, type Unread } from '../system/private-file.ts';

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
  const findingOf = (unread: Unread) => findingFor(file, unread);
  const text = readPrivateFile(file, { mode: WANTED_MODE, maxBytes: MAX_BYTES, findingOf }).trim();
  // Not by the constructor's own error, which has the text in it.
  if (isUrl(text)) return new URL(text);
  throw new CertbotHaError('config', { code: 'url-file-without-url', file });
}

function findingFor(file: string, unread: Unread): Finding {
  switch (unread.why) {
    case 'unreadable':
      return { code: 'url-file-unreadable', file, error: unread.error.code };
    case 'another user':
      return { code: 'url-file-of-another-user', file, uid: unread.uid };
    case 'open':
      return { code: 'url-file-open', file, mode: unread.mode };
    case 'too large':
      return { code: 'url-file-without-url', file };
  }
}
