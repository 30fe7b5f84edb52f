import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { readTsigKey } from '../../../lib/dns/tsig-key.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const SECRET = 'c2VjcmV0//1zZWNyZXQtc2VjcmV0LXNlY3JldC0wMTI=';

function keyIn(file: string): unknown {
  try {
    return readTsigKey(file);
  } catch (error) {
    if (!(error instanceof CertbotHaError) || error.kind !== 'config') throw error;
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('c2Vj');
    return error.problems.join('\n').replaceAll(file, 'FILE');
  }
}

const bind = (name: string, algorithm: string, secret: string) =>
  `key ${name} {\n\talgorithm ${algorithm};\n\tsecret ${secret};\n};\n`;
const good = bind('"certbot-ha"', 'hmac-sha256', `"${SECRET}"`);
const KEY = { name: 'certbot-ha', algorithm: 'hmac-sha256', secret: SECRET };

test.for([
  ['tsig-keygen', good],
  ['no quotes', bind('certbot-ha', 'HMAC-SHA256', SECRET)],
  ['a name with its dot', bind('"certbot-ha."', 'hmac-sha256', `"${SECRET}"`)],
  ['one line', `key "Certbot-HA" { secret "${SECRET}"; algorithm "hmac-sha256"; };`],
  ['comments', `# key "x" {}\n// of ns1\n/* key "y" { } */ ${good}// end`],
  [
    'keymgr',
    `# hmac-sha256:certbot-ha:${SECRET}\nkey:\n  - id: certbot-ha\n    algorithm: hmac-sha256\n    secret: ${SECRET}\n`,
  ],
] as const)('takes a key as it is written: %s', async ([, text], { directory }) => {
  const file = join(directory, 'dns.key');
  await writeFile(file, text, { mode: 0o600 });
  expect(keyIn(file)).toEqual(KEY);
});

const NO_KEY =
  'FILE: expected one key, as tsig-keygen writes it: key "NAME" { algorithm hmac-sha256; secret "..."; };: tsig-keygen NAME makes one [dns-key-file-invalid]';

test.for([
  ['nothing', '', NO_KEY],
  ['two keys', good + good, NO_KEY],
  ['a secret alone', SECRET, NO_KEY],
  [
    'an algorithm that is broken',
    bind('"x"', 'hmac-md5', `"${SECRET}"`),
    'FILE: expected an algorithm of hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512: tsig-keygen NAME makes one [dns-key-file-invalid]',
  ],
  [
    'a secret that is none',
    bind('"x"', 'hmac-sha256', '"c2VjcmV0"'),
    'FILE: expected a secret in base64: tsig-keygen NAME makes one [dns-key-file-invalid]',
  ],
  ['a command in the place of a name', bind('"x;send"', 'hmac-sha256', `"${SECRET}"`), NO_KEY],
  [
    'a name that is none',
    bind('"x$y"', 'hmac-sha256', `"${SECRET}"`),
    'FILE: expected a name of letters, digits, dots and dashes: tsig-keygen NAME makes one [dns-key-file-invalid]',
  ],
  ['far too much', good.padEnd(20_000), 'FILE: 20000 bytes, expected at most 16384 [dns-file-too-large]'],
] as const)('refuses %s', async ([, text, words], { directory }) => {
  const file = join(directory, 'dns.key');
  await writeFile(file, text, { mode: 0o600 });
  expect(keyIn(file)).toBe(words);
});

test.for([0o640, 0o604, 0o620])('refuses a file with mode %o', async (mode, { directory }) => {
  const file = join(directory, 'dns.key');
  await writeFile(file, good);
  await chmod(file, mode);
  expect(keyIn(file)).toMatch(
    /^FILE: mode is 06\d\d, expected 0600 or less: chmod 600 FILE \[dns-file-open\]$/,
  );
});

test('refuses a file of another user', async ({ directory, skip }) => {
  if (process.getuid?.() !== 0) return skip('only root can give a file away');
  const file = join(directory, 'dns.key');
  await writeFile(file, good, { mode: 0o600 });
  await chown(file, 1000, 0);
  expect(keyIn(file)).toBe(
    'FILE: belongs to user 1000, expected root: chown root FILE [dns-file-of-another-user]',
  );
});

test.for(NO_FILES)('waits for no %s in its place', async (kind, { directory }) => {
  const file = join(directory, 'dns.key');
  await putNoFile(kind, file);
  expect(keyIn(file)).toMatch(/^FILE: .*\[dns-file-(?:unreadable|too-large|open)\]$/);
});
