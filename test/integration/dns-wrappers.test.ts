import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  '/root/.acme.sh/acme.sh': '_initpath() { initialized=yes; }',
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
  const env = { ...process.env, OUT: out, CERTBOT_HA_DNS_ACTION: action };
  const { code, stderr } = await run(['bash', '-c', text], { env, input: `${LINES.join('\n')}\n` });
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
