import { CertbotHaError } from '../../base/errors.ts';
import type { Finding } from '../../findings/register.ts';
import { octal, readPrivateFile, type Unread } from '../../system/private-file.ts';

const WANTED_MODE = 0o600;
const MAX_BYTES = 1_024;
/** What may stand in a header. */
const API_KEY = /^[\x21-\x7e]{1,256}$/;

/**
 * The API key of this node's Syncthing: one line.
 * @throws {CertbotHaError} `config` when the file is missing, open to others, somebody else's, or holds anything else. No message shows what it holds.
 */
export function readApiKey(file: string): string {
  const findingOf = (unread: Unread) => findingFor(file, unread);
  const key = readPrivateFile(file, { mode: WANTED_MODE, maxBytes: MAX_BYTES, findingOf }).trim();
  if (!API_KEY.test(key)) throw new CertbotHaError('config', { code: 'syncthing-key-file-invalid', file });
  return key;
}

function findingFor(file: string, unread: Unread): Finding {
  switch (unread.why) {
    case 'unreadable':
      return { code: 'syncthing-key-file-unreadable', file, error: unread.error.code };
    case 'another user':
      return { code: 'syncthing-key-file-of-another-user', file, uid: unread.uid };
    case 'open':
      return { code: 'syncthing-key-file-open', file, mode: unread.mode, expected: octal(WANTED_MODE) };
    case 'too large':
      return { code: 'syncthing-key-file-invalid', file };
  }
}
