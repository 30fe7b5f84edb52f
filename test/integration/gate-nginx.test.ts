import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { Target } from '../../lib/cluster/target.ts';
import { createChallengeProbe } from '../../lib/gate/challenge-probe.ts';
import { eventually } from '../lab/eventually.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { run, start } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const CHALLENGE = makeChallenge('www.example.com');
const LOCATION = 'location ^~ /.well-known/acme-challenge/ { root WEBROOT; }';

/** A real nginx, what stands in its server for port 80, and the file of the challenge in its webroot. */
async function startNginx(directory: string, server: string, listenFlags = ''): Promise<Target> {
  const [address = ''] = loopbackAddresses(1);
  const httpPort = await freePort([address]);
  const webroot = join(directory, 'webroot');
  await mkdir(join(directory, 'temp'));
  await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  await writeFile(join(webroot, '.well-known/acme-challenge', CHALLENGE.token), CHALLENGE.keyAuthorization);
  await writeFile(
    join(webroot, 'index.html'),
    '<!doctype html><html><head><title>Our shop</title></head></html>',
  );
  await writeFile(join(webroot, 'passwords'), '');
  const file = join(directory, 'nginx.conf');
  const log = join(directory, 'error.log');
  await writeFile(
    file,
    `user root;
pid ${directory}/nginx.pid;
error_log ${log} notice;
events {}
http {
  access_log off;
  types { text/html html; }
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/temp/${kind};`).join('\n  ')}
  server {
    listen ${address}:${httpPort}${listenFlags};
    ${server.replaceAll('WEBROOT', webroot)}
  }
}
`,
  );
  const nginx = ['nginx', '-c', file, '-p', directory, '-e', log];
  const tested = await run([...nginx, '-t']);
  if (tested.code !== 0) throw new Error(tested.stderr);
  const started = start([...nginx, '-g', 'daemon off;']);
  onTestFinished(async () => {
    started.child.kill('SIGTERM'); // its workers end with it, as they would not by SIGKILL
    await started.ended;
  });
  await eventually(async () => await readFile(log, 'utf8'), {
    until: (text) => text.includes('start worker process'),
    ...{ timeoutMs: 8_000, what: 'a worker of nginx' },
  });
  return { kind: 'node', name: 'web2', address, httpPort, httpsPort: 443 } as Target;
}

async function look(target: Target): Promise<string> {
  const probe = createChallengeProbe({ identifiers: ['www.example.com'], vips: [] });
  const seen = await probe(target, CHALLENGE, AbortSignal.timeout(8_000));
  return seen.state === 'served' ? 'served' : `${seen.state}: ${seen.reason.code}`;
}

describe('a server of nginx with', () => {
  test.for([
    ['the location', LOCATION, 'served'],
    [
      'the location beside a password',
      `auth_basic x; auth_basic_user_file WEBROOT/passwords; ${LOCATION}`,
      'failing: token-behind-password',
    ],
    ['a rule against dot files', `root WEBROOT; location ~ /\\. { deny all; }`, 'failing: token-forbidden'],
    ['another root', 'root /nowhere;', 'failing: token-not-found'],
    [
      'pages of its own for what is missing',
      "default_type text/html; location / { return 404 '<html><title>My blog</title>'; }",
      'failing: other-site-answers',
    ],
    ['return 444', 'return 444;', 'failing: closed-without-answer'],
    [
      'a page for every path',
      'root WEBROOT; location / { try_files /index.html =404; }',
      'failing: page-instead-of-token',
    ],
    [
      'a login',
      'root WEBROOT; location / { return 302 /login?to=$uri; } location /login { try_files /index.html =404; }',
      'failing: redirected-to-login',
    ],
    ['a redirect beside the location', `return 301 /; ${LOCATION}`, 'failing: redirect-circle'],
    [
      'a redirect to the start page',
      'root WEBROOT; location / { return 301 /start/; } location /start/ { try_files /index.html =404; }',
      'failing: redirected-to-page',
    ],
    [
      'a redirect to https before there is a certificate',
      'return 301 https://$host$request_uri;',
      'failing: redirect-leads-nowhere',
    ],
  ] as const)('%s', async ([, server, seen], { directory }) => {
    expect(await look(await startNginx(directory, server))).toBe(seen);
  });

  test('http2 on port 80 speaks no HTTP/1.1', async ({ directory }) => {
    expect(await look(await startNginx(directory, LOCATION, ' http2'))).toBe('failing: not-http');
  });

  test('proxy_protocol serves behind the header and closes without it', async ({ directory }) => {
    const target = await startNginx(directory, LOCATION, ' proxy_protocol');
    expect(await look(target)).toBe('failing: closed-without-answer');
    expect(await look({ ...target, isBehindProxy: true })).toBe('served');
  });

  test('no proxy_protocol refuses the header', async ({ directory }) => {
    const target = await startNginx(directory, LOCATION);
    expect(await look({ ...target, isBehindProxy: true })).toBe('failing: proxy-header-refused');
  });
});
