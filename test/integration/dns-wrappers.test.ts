import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { blocksIn, readPage } from '../support/markdown.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const VALUE = 'v'.repeat(43);
const LINES = [
  `www.acme.test ${VALUE} acme.test _acme-challenge.www.example.test`,
  `_acme-challenge.example.test ${VALUE} example.test _acme-challenge.example.test`,
];

/** Other clients' scripts, as far as the documentation calls them: each writes down how it was called. */
const STUBS = {
  '/usr/local/sbin/lego-exec': 'echo "$*" >> "$OUT"',
  '/etc/dehydrated/hook.sh': 'echo "$*" >> "$OUT"',
  '/root/.acme.sh/acme.sh': '_initpath() { [ "$HOME" = /root ] && initialized=yes; }',
  '/root/.acme.sh/dnsapi/dns_gd.sh':
    'dns_gd_add() { echo "$initialized add $*" >> "$OUT"; }; dns_gd_rm() { echo "$initialized rm $*" >> "$OUT"; }',
} as const;

const scripts = blocksIn(await readPage('docs/dns-01.md')).filter(({ language }) => language === 'bash');

async function calls(directory: string, words: string, action: string): Promise<readonly string[]> {
  const found = scripts.filter(({ text }) => text.includes(words));
  expect(found).toHaveLength(1);
  let text = found[0]?.text ?? '';
  for (const [path, stub] of Object.entries(STUBS)) {
    const file = join(directory, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, `#!/bin/bash\n${stub}\n`);
    await chmod(file, 0o755);
    text = text.replaceAll(path, file);
  }
  const out = join(directory, 'out');
  await writeFile(out, '');
  // As in a unit.
  const { HOME: _home, ...others } = process.env;
  const env = { ...others, OUT: out, CERTBOT_HA_DNS_ACTION: action };
  const { code, stderr } = await run(['bash', '--norc', '-c', text], { env, input: `${LINES.join('\n')}\n` });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (await readFile(out, 'utf8')).trimEnd().split('\n');
}

test.for([
  ['lego-exec', 'present', ['present www.acme.test.', 'present _acme-challenge.example.test.']],
  ['lego-exec', 'cleanup', ['cleanup www.acme.test.', 'cleanup _acme-challenge.example.test.']],
  ['dehydrated', 'present', ['deploy_challenge www.example.test -', 'deploy_challenge example.test -']],
  ['dehydrated', 'cleanup', ['clean_challenge www.example.test -', 'clean_challenge example.test -']],
  ['acme.sh', 'present', ['yes add www.acme.test', 'yes add _acme-challenge.example.test']],
  ['acme.sh', 'cleanup', ['yes rm www.acme.test', 'yes rm _acme-challenge.example.test']],
] as const)('docs/dns-01.md wraps a script of %s: %s', async ([words, action, expected], { directory }) => {
  const said = await calls(directory, words, action);
  expect(said).toEqual(expected.map((line) => `${line} ${VALUE}`));
});

test('docs/dns-01.md has a program for acme-dns: the value to the update API, the credentials in no argument', async ({
  directory,
}) => {
  const found = scripts.filter(({ text }) => text.includes('X-Api') || text.includes('/update'));
  expect(found).toHaveLength(1);
  const asked: unknown[] = [];
  const taken = async (request: IncomingMessage, response: ServerResponse) => {
    const { url, headers } = request;
    asked.push({ url, user: headers['x-api-user'], key: headers['x-api-key'], body: await json(request) });
    response.end('{}');
  };
  const server = createServer((request, response) => void taken(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const accounts = join(directory, 'acme-dns');
  await mkdir(accounts);
  await writeFile(join(accounts, 'www.example.test'), 'X-Api-User: me\nX-Api-Key: s3cret\n');
  const text = (found[0]?.text ?? '')
    .replace('/etc/certbot-ha/acme-dns', accounts)
    .replace(
      'https://auth.example.net',
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    );
  const input = `c36f50e8.auth.example.net ${VALUE} auth.example.net _acme-challenge.www.example.test\n`;
  const ended = async (action: string) =>
    await run(['bash', '--norc', '-c', text], {
      env: { ...process.env, CERTBOT_HA_DNS_ACTION: action },
      input,
    });
  expect(await ended('present')).toMatchObject({ code: 0, stderr: '', stdout: '' });
  expect(await ended('cleanup')).toMatchObject({ code: 0, stderr: '' });
  server.close();
  expect(asked).toEqual([
    { url: '/update', user: 'me', key: 's3cret', body: { subdomain: 'c36f50e8', txt: VALUE } },
  ]);
  expect(text).not.toContain('s3cret');
});
