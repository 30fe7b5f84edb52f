import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { readPrivateFile, type Exposed } from '../system/private-file.ts';

const WANTED_MODE = 0o600;
const MAX_BYTES = 16_384;

/**
 * A file with a key or a token, which nobody but root, or this process's user, may read.
 * @throws {CertbotHaError} `config` where it is missing, open to others, somebody else's or far too large. No message shows what it holds.
 */
export function readSecretFile(file: string): string {
  try {
    return readPrivateFile(file, {
      mode: WANTED_MODE,
      maxBytes: MAX_BYTES,
      refuse: (exposed) => new CertbotHaError('config', exposedBy(file, exposed)),
    });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found = { code: 'dns-file-unreadable', file, error: error.code } as const;
    throw new CertbotHaError('config', found, { cause: error });
  }
}

function exposedBy(file: string, exposed: Exposed): Finding {
  switch (exposed.why) {
    case 'another user':
      return { code: 'dns-file-of-another-user', file, uid: exposed.uid };
    case 'open':
      return { code: 'dns-file-open', file, mode: exposed.mode };
    case 'too large':
      return { code: 'dns-file-too-large', file, bytes: exposed.bytes, maxBytes: MAX_BYTES };
  }
}
