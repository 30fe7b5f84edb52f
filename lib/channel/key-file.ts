import { CertbotHaError, isForbidden, isUnreachable, isUnreadable } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { octal, readPrivateFile, type Exposed } from '../system/private-file.ts';

/** The cluster's keys: 32 bytes each. The first is used to connect, all are accepted. */
export interface ClusterKeys {
  readonly first: Buffer;
  readonly all: readonly Buffer[];
}

const WANTED_MODE = 0o640;
const MAX_BYTES = 4096;
const KEY_LINE = /^[0-9a-f]{64}$/i;
const MAKE_ONE =
  'make it with: openssl rand -hex 32, the same on every node, mode 0640, owner root:certbot-ha';
const AS_WHOM = 'run this as root, or as a member of the group certbot-ha; the agent needs:';

/**
 * Reads the key file: a key a line, 64 hexadecimal characters; empty lines and lines that start with # are passed over.
 * @throws {CertbotHaError} `config` when it is missing, more open than 0640, neither root's nor this process's user's, or holds anything else. The message never shows a line of it.
 */
export function readKeyFile(file: string): ClusterKeys {
  return keysIn(file, readPrivate(file));
}

/** The keys of a text that the file has, or is to have. @throws {CertbotHaError} `config` where there is none, or anything else */
export function keysIn(file: string, text: string): ClusterKeys {
  const lines = text.split('\n').map((line) => line.trim());
  const all: Buffer[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (!KEY_LINE.test(line)) {
      const found = { code: 'key-file-invalid', file, line: index + 1, length: line.length } as const;
      throw new CertbotHaError('config', found, { hint: MAKE_ONE });
    }
    all.push(Buffer.from(line, 'hex'));
  }
  const [first] = all;
  if (!first) throw new CertbotHaError('config', { code: 'key-file-empty', file }, { hint: MAKE_ONE });
  return { first, all };
}

function readPrivate(file: string): string {
  try {
    return readPrivateFile(file, {
      mode: WANTED_MODE,
      maxBytes: MAX_BYTES,
      refuse: (exposed) => exposedKey(file, exposed),
    });
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found: Finding =
      error.code === 'ENOENT'
        ? { code: 'key-file-missing', file }
        : { code: 'key-file-unreadable', file, error: error.code };
    // A disk that fails may have it still.
    const given = `chown root:certbot-ha ${file} && chmod 0640 ${file}`;
    const hint = isForbidden(error) ? `${AS_WHOM} ${given}` : isUnreachable(error) ? MAKE_ONE : undefined;
    throw new CertbotHaError('config', found, { cause: error, ...(hint && { hint }) });
  }
}

/** Whoever owns it knows it, and can change it: root's programs have root's key only. */
function exposedKey(file: string, exposed: Exposed): CertbotHaError {
  switch (exposed.why) {
    case 'another user': {
      const found = { code: 'key-file-of-another-user', file, uid: exposed.uid } as const;
      const hint = `chown root:certbot-ha ${file}, and change the key if that user is not to have it`;
      return new CertbotHaError('config', found, { hint });
    }
    case 'open': {
      const expected = octal(WANTED_MODE);
      const found = { code: 'key-file-open', file, mode: exposed.mode, expected } as const;
      const hint = `chmod ${expected} ${file} && chown root:certbot-ha ${file}`;
      return new CertbotHaError('config', found, { hint });
    }
    case 'too large': {
      const found = { code: 'key-file-too-large', file, bytes: exposed.bytes, maxBytes: MAX_BYTES } as const;
      return new CertbotHaError('config', found);
    }
  }
}
