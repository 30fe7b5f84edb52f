import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { isUrl, type GivenUrl } from '../cluster/receivers.ts';
import type { Finding } from '../findings/register.ts';
import { readPrivateFile, type Exposed } from '../system/private-file.ts';

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
    return readPrivateFile(file, {
      mode: WANTED_MODE,
      maxBytes: MAX_BYTES,
      refuse: (exposed) => new CertbotHaError('config', exposedUrl(file, exposed)),
    });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found = { code: 'url-file-unreadable', file, error: error.code } as const;
    throw new CertbotHaError('config', found, { cause: error });
  }
}

function exposedUrl(file: string, exposed: Exposed): Finding {
  switch (exposed.why) {
    case 'another user':
      return { code: 'url-file-of-another-user', file, uid: exposed.uid };
    case 'open':
      return { code: 'url-file-open', file, mode: exposed.mode };
    case 'too large':
      return { code: 'url-file-without-url', file };
  }
}
