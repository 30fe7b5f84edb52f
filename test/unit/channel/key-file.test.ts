import { randomBytes } from 'node:crypto';
import { chmod, chown, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { readKeyFile } from '../../../lib/channel/key-file.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const KEY = randomBytes(32).toString('hex');
const OTHER = randomBytes(32).toString('hex');

async function keyFile(directory: string, content: string | Buffer, mode = 0o640): Promise<string> {
  const file = join(directory, 'cluster.key');
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

function errorOf(file: string): CertbotHaError {
  try {
    readKeyFile(file);
  } catch (error) {
    if (error instanceof CertbotHaError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const hex = (file: string) => readKeyFile(file).all.map((key) => key.toString('hex'));

describe('reads', () => {
  test.for([
    ['one key', KEY, [KEY]],
    ['one key and a line feed', `${KEY}\n`, [KEY]],
    ['two keys, the first to connect with', `${KEY}\n${OTHER}\n`, [KEY, OTHER]],
    ['keys in capitals', KEY.toUpperCase(), [KEY]],
    ['keys between comments and empty lines', `# new\n\n  ${KEY}  \r\n#old\n${OTHER}\n\n`, [KEY, OTHER]],
  ] as const)('%s', async ([, content, keys], { directory }) => {
    const file = await keyFile(directory, content);
    expect(hex(file)).toEqual(keys);
    expect(readKeyFile(file).first.toString('hex')).toBe(keys[0]);
  });

  test.for([0o640, 0o600, 0o440, 0o400])('a file of mode %o', async (mode, { directory }) => {
    const file = await keyFile(directory, KEY, mode);
    expect(hex(file)).toEqual([KEY]);
  });
});

describe('refuses', () => {
  test.for([0o644, 0o641, 0o642, 0o660, 0o650, 0o740, 0o604, 0o777])(
    'a file of mode %o and names the mode wanted',
    async (mode, { directory }) => {
      const file = await keyFile(directory, KEY, mode);
      expect(errorOf(file)).toMatchObject({
        kind: 'config',
        message: `key file ${file}: mode is 0${mode.toString(8)}, expected 0640 or less [key-file-open]`,
        hint: `chmod 0640 ${file} && chown root:certbot-ha ${file}`,
      });
    },
  );

  test('a file of another user, whoever may read it, and a link to one', async ({ directory, skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can give a file away');
    const file = await keyFile(directory, KEY, 0o600);
    await chown(file, 1000, 0);
    const message = `key file ${file}: belongs to user 1000, expected root [key-file-of-another-user]`;
    expect(errorOf(file)).toMatchObject({ kind: 'config', message });
    const link = join(directory, 'link.key');
    await symlink(file, link);
    expect(errorOf(link).message).toBe(message.replace(file, link));
  });

  test('a link to a file that is too open', async ({ directory }) => {
    const file = join(directory, 'cluster.key');
    await writeFile(join(directory, 'open.key'), KEY, { mode: 0o644 });
    await symlink('open.key', file);
    expect(errorOf(file).message).toContain('expected 0640 or less');
  });

  test('a missing file and tells how to make one', ({ directory }) => {
    const file = join(directory, 'cluster.key');
    const error = errorOf(file);
    expect(error.message).toBe(`key file ${file}: no such file [key-file-missing]`);
    expect(error.hint).toMatch(/openssl rand -hex 32.*mode 0640/);
  });

  test.for(NO_FILES)('a %s in its place, and waits for none', async (kind, { directory }) => {
    const file = join(directory, 'cluster.key');
    await putNoFile(kind, file);
    if (kind === 'huge') await chmod(file, 0o640);
    const error = errorOf(file);
    expect(error.kind).toBe('config');
    expect(error.message).toContain(
      kind === 'huge'
        ? '600000000 bytes, expected at most 4096'
        : 'cannot be read (ENXIO) [key-file-unreadable]',
    );
    if (kind !== 'huge') expect(error.hint).toContain('openssl rand -hex 32');
  });

  test('a directory in its place', async ({ directory }) => {
    expect(errorOf(directory).message).toBe(
      `key file ${directory}: cannot be read (EISDIR) [key-file-unreadable]`,
    );
  });

  const SECRET = 'feedfacefeedfacefeedface';
  test.for([
    ['an empty file', '', 'no key in it [key-file-empty]'],
    ['nothing but comments', '# none yet\n', 'no key in it [key-file-empty]'],
    [
      'half a key',
      KEY.slice(0, 32),
      'line 1: expected 32 bytes as 64 hexadecimal characters, got 32 characters [key-file-invalid]',
    ],
    [
      'a key and a half',
      `${KEY}${KEY.slice(0, 32)}`,
      'line 1: expected 32 bytes as 64 hexadecimal characters, got 96 characters [key-file-invalid]',
    ],
    [
      'a key that is not hexadecimal',
      `${'z'.repeat(63)}!`,
      'line 1: expected 32 bytes as 64 hexadecimal characters, got 64 characters [key-file-invalid]',
    ],
    [
      'a bad second line',
      `${KEY}\n${SECRET}\n`,
      'line 2: expected 32 bytes as 64 hexadecimal characters, got 24 characters [key-file-invalid]',
    ],
    ['base64', `${randomBytes(32).toString('base64')}\n`, 'got 44 characters [key-file-invalid]'],
    ['32 raw bytes', Buffer.alloc(32, 0xfe), 'got 32 characters [key-file-invalid]'],
    [
      'a file of more than 4096 bytes',
      `${KEY}\n`.repeat(64),
      '4160 bytes, expected at most 4096 [key-file-too-large]',
    ],
  ] as const)('%s without showing a line of it', async ([, content, message], { directory }) => {
    const error = errorOf(await keyFile(directory, content));
    expect(error.kind).toBe('config');
    expect(error.message).toContain(message);
    const shown = `${error.message}\n${error.hint}\n${error.stack}`;
    for (const line of String(content)
      .split('\n')
      .filter((text) => text.length > 12 && !text.startsWith('#'))) {
      expect(shown).not.toContain(line);
    }
  });
});
