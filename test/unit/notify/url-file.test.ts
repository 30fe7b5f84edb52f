import { chmod, chown, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { urlOf } from '../../../lib/notify/url-file.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const URL_TEXT = 'https://ntfy.test/SECRET';

function refusalOf(file: string): string {
  try {
    return `taken: ${urlOf({ file }).href}`;
  } catch (error) {
    if (!(error instanceof CertbotHaError) || error.kind !== 'config') throw error;
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('SECRET');
    return error.problems.join('\n').replaceAll(file, 'FILE');
  }
}

test.for([
  ['as the configuration has it', URL_TEXT],
  ['with a user', 'http://user:password@127.0.0.1:8080/x?y=z'],
] as const)('a URL %s', ([, url]) => {
  expect(urlOf(url).href).toBe(url);
});

describe('of a file', () => {
  test.for([
    ['a line', `${URL_TEXT}\n`, 0o600, `taken: ${URL_TEXT}`],
    ['white space around it', `\n ${URL_TEXT}\r\n\n`, 0o400, `taken: ${URL_TEXT}`],
    ['others may read it', URL_TEXT, 0o640, 'FILE: mode is 0640, expected 0600 or less [url-file-open]'],
    ['others may write it', URL_TEXT, 0o602, 'FILE: mode is 0602, expected 0600 or less [url-file-open]'],
    ['nothing', '', 0o600, 'FILE: expected one line, an http or https URL [url-file-without-url]'],
    [
      'two lines',
      `${URL_TEXT}\n${URL_TEXT}\n`,
      0o600,
      'FILE: expected one line, an http or https URL [url-file-without-url]',
    ],
    [
      'no URL',
      'ntfy.test/SECRET',
      0o600,
      'FILE: expected one line, an http or https URL [url-file-without-url]',
    ],
    [
      'another scheme',
      'file:///SECRET',
      0o600,
      'FILE: expected one line, an http or https URL [url-file-without-url]',
    ],
    [
      'a URL that is none',
      'https://:SECRET',
      0o600,
      'FILE: expected one line, an http or https URL [url-file-without-url]',
    ],
    [
      'far too much',
      `${URL_TEXT}/${'x'.repeat(5_000)}`,
      0o600,
      'FILE: expected one line, an http or https URL [url-file-without-url]',
    ],
  ] as const)('%s', async ([, text, mode, expected], { directory }) => {
    const file = join(directory, 'url');
    await writeFile(file, text);
    await chmod(file, mode);
    expect(refusalOf(file)).toBe(expected);
  });

  test('that is not there', ({ directory }) => {
    expect(refusalOf(join(directory, 'url'))).toBe('FILE: cannot be read (ENOENT) [url-file-unreadable]');
  });

  test('of another user, and a link to it', async ({ directory, skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can give a file away');
    const [file, link] = [join(directory, 'url'), join(directory, 'link')];
    await writeFile(file, URL_TEXT, { mode: 0o600 });
    await chown(file, 1000, 0);
    await symlink(file, link);
    for (const one of [file, link])
      expect(refusalOf(one)).toBe('FILE: belongs to user 1000, expected root [url-file-of-another-user]');
  });

  test.for(NO_FILES)('waits for no %s in its place', async (kind, { directory }) => {
    const file = join(directory, 'url');
    await putNoFile(kind, file);
    expect(refusalOf(file)).toMatch(/^FILE: /);
  });
});
