import { CertbotHaError, isForbidden, isUnreachable } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { octal, readPrivateFile, type Unread } from '../system/private-file.ts';

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
  const text = readPrivateFile(file, {
    mode: WANTED_MODE,
    maxBytes: MAX_BYTES,
    findingOf: (unread) => findingFor(file, unread),
    hintFor: (unread) => hintFor(file, unread),
  });
  return keysIn(file, text);
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

function findingFor(file: string, unread: Unread): Finding {
  switch (unread.why) {
    case 'unreadable': {
      const { code: error } = unread.error;
      return error === 'ENOENT'
        ? { code: 'key-file-missing', file }
        : { code: 'key-file-unreadable', file, error };
    }
    case 'another user':
      return { code: 'key-file-of-another-user', file, uid: unread.uid };
    case 'open':
      return { code: 'key-file-open', file, mode: unread.mode, expected: octal(WANTED_MODE) };
    case 'too large':
      return { code: 'key-file-too-large', file, bytes: unread.bytes, maxBytes: MAX_BYTES };
  }
}

function hintFor(file: string, unread: Unread): string | undefined {
  const mode = octal(WANTED_MODE);
  switch (unread.why) {
    case 'unreadable':
      if (isForbidden(unread.error))
        return `${AS_WHOM} chown root:certbot-ha ${file} && chmod ${mode} ${file}`;
      // A disk that fails may have it still.
      return isUnreachable(unread.error) ? MAKE_ONE : undefined;
    case 'another user':
      // Whoever owns it knows it, and can change it: root's programs have root's key only.
      return `chown root:certbot-ha ${file}, and change the key if that user is not to have it`;
    case 'open':
      return `chmod ${mode} ${file} && chown root:certbot-ha ${file}`;
    case 'too large':
      return undefined;
  }
}
