import { CertbotHaError, isUnreadable } from '../../base/errors.ts';
import type { Finding } from '../../findings/register.ts';
import { octal, readPrivateFile, type Exposed } from '../../system/private-file.ts';

const WANTED_MODE = 0o600;
const MAX_BYTES = 1_024;
/** What may stand in a header. */
const API_KEY = /^[\x21-\x7e]{1,256}$/;

/**
 * The API key of this node's Syncthing: one line.
 * @throws {CertbotHaError} `config` when the file is missing, open to others, somebody else's, or holds anything else. No message shows what it holds.
 */
export function readApiKey(file: string): string {
  const key = readPrivate(file).trim();
  if (!API_KEY.test(key)) throw refusal({ code: 'syncthing-key-file-invalid', file });
  return key;
}

function readPrivate(file: string): string {
  try {
    return readPrivateFile(file, {
      mode: WANTED_MODE,
      maxBytes: MAX_BYTES,
      refuse: (exposed) => refusal(exposedBy(file, exposed)),
    });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found = { code: 'syncthing-key-file-unreadable', file, error: error.code } as const;
    throw new CertbotHaError('config', found, { cause: error });
  }
}

function exposedBy(file: string, exposed: Exposed): Finding {
  switch (exposed.why) {
    case 'another user':
      return { code: 'syncthing-key-file-of-another-user', file, uid: exposed.uid };
    case 'open':
      return { code: 'syncthing-key-file-open', file, mode: exposed.mode, expected: octal(WANTED_MODE) };
    case 'too large':
      return { code: 'syncthing-key-file-invalid', file };
  }
}

function refusal(found: Finding): CertbotHaError {
  return new CertbotHaError('config', found);
}
