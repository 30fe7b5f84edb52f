import type { Finding } from '../findings/register.ts';
import { readPrivateFile, type Unread } from '../system/private-file.ts';

const WANTED_MODE = 0o600;
const MAX_BYTES = 16_384;

/**
 * A file with a key or a token, which nobody but root, or this process's user, may read.
 * @throws {CertbotHaError} `config` where it is missing, open to others, somebody else's or far too large. No message shows what it holds.
 */
export function readSecretFile(file: string): string {
  const findingOf = (unread: Unread) => findingFor(file, unread);
  return readPrivateFile(file, { mode: WANTED_MODE, maxBytes: MAX_BYTES, findingOf });
}

function findingFor(file: string, unread: Unread): Finding {
  switch (unread.why) {
    case 'unreadable':
      return { code: 'dns-file-unreadable', file, error: unread.error.code };
    case 'another user':
      return { code: 'dns-file-of-another-user', file, uid: unread.uid };
    case 'open':
      return { code: 'dns-file-open', file, mode: unread.mode };
    case 'too large':
      return { code: 'dns-file-too-large', file, bytes: unread.bytes, maxBytes: MAX_BYTES };
  }
}
