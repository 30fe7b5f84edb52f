import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Outcome } from '../../../lib/base/outcome.ts';
import type { Receiver } from '../../../lib/cluster/receivers.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { deliver, nameOf } from '../../../lib/notify/deliver.ts';
import { testMessage } from '../../../lib/notify/text.ts';
import { createCa } from '../../support/lineage/certificates.ts';
import { receive, type Answering } from '../../support/programs/receiver.ts';
import { expect, test } from '../../support/temporary.ts';

const MESSAGE = testMessage('web1');
const SECRET = 'SECRET';
const URL_KINDS = ['webhook', 'slack', 'ntfy', 'healthchecks', 'uptimeKuma'] as const;

const send = async (receiver: Receiver, options: object = {}) =>
  await deliver(receiver, MESSAGE, { env: { PATH: process.env['PATH'] }, ...options });

/** All that people read of it. */
const saidOf = (receiver: Receiver, outcome: Outcome) =>
  [nameOf(receiver), ...(outcome.isOk ? [] : linesOf(outcome.reason))].join('\n');

test.for(URL_KINDS)('%s is reached by its URL, which nobody is shown', async (kind, { onTestFinished }) => {
  const { origin, received, close } = await receive();
  onTestFinished(close);
  const receiver = { kind, url: `${origin}/${SECRET}` };
  const outcome = await send(receiver);
  expect(outcome).toEqual({ isOk: true });
  expect(received.map(({ path }) => path.split('?')[0])).toEqual([`/${SECRET}`]);
  expect(saidOf(receiver, outcome)).toBe(`${kind} ${new URL(origin).host}`);
});

test.for<readonly [string, Answering, string]>([
  ['an error', { status: 500 }, 'refused with status 500 [receiver-refuses]'],
  ['that it knows of no such URL', { status: 404 }, 'refused with status 404 [receiver-refuses]'],
  [
    'a redirect to another host, with the secret in it',
    { status: 307, headers: { location: `https://other.test/${SECRET}` } },
    'redirects to other.test (status 307), and no redirect is followed [receiver-redirects]',
  ],
  [
    'a redirect to itself',
    { status: 301, headers: { location: `/${SECRET}/again` } },
    'redirects to another path (status 301), and no redirect is followed [receiver-redirects]',
  ],
])('a server that answers with %s has not taken it', async ([, answering, words], { onTestFinished }) => {
  const { origin, received, close } = await receive(answering);
  onTestFinished(close);
  const receiver = { kind: 'webhook', url: `${origin}/${SECRET}` } as const;
  const outcome = await send(receiver);
  expect(saidOf(receiver, outcome)).toBe(`webhook ${new URL(origin).host}\n${words}`);
  expect(received).toHaveLength(1);
});

test('one that never answers is not waited for', async ({ onTestFinished }) => {
  const { origin, close } = await receive({ status: null });
  onTestFinished(close);
  expect(await send({ kind: 'slack', url: `${origin}/${SECRET}` }, { timeoutMs: 100 })).toEqual({
    isOk: false,
    reason: expect.objectContaining({ code: 'no-answer-in-time', who: 'receiver' }),
  });
});

test('one that is not there is told of by its port', async () => {
  const { origin, close } = await receive();
  close();
  const { port } = new URL(origin);
  const receiver = { kind: 'ntfy', url: `${origin}/${SECRET}` } as const;
  expect(saidOf(receiver, await send(receiver))).toBe(
    `ntfy 127.0.0.1:${port}\nport ${port}: connection refused: is it running, and does a firewall let this host reach it? [connection-refused]`,
  );
});

test('a certificate that nobody vouches for is refused, whatever the environment says', async ({
  directory,
  onTestFinished,
}) => {
  const ca = await createCa(directory);
  const { origin, received, close } = await receive({ tls: await ca.issue(['127.0.0.1']) });
  onTestFinished(close);
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await send({ kind: 'webhook', url: `${origin}/${SECRET}` })).toEqual({
    isOk: false,
    reason: expect.objectContaining({ code: 'tls-handshake-failed' }),
  });
  expect(received).toEqual([]);
});

test('a URL that nobody but root may read is read from its file', async ({ directory, onTestFinished }) => {
  const { origin, received, close } = await receive();
  onTestFinished(close);
  const file = join(directory, 'url');
  await writeFile(file, `${origin}/${SECRET}\n`, { mode: 0o600 });
  const receiver = { kind: 'ntfy', url: { file } } as const;
  expect(saidOf(receiver, await send(receiver))).toBe(`ntfy ${file}`);
  expect(received.map(({ path }) => path)).toEqual([`/${SECRET}`]);
  await chmod(file, 0o644);
  expect(saidOf(receiver, await send(receiver))).toBe(
    `ntfy ${file}\n${file}: mode is 0644, expected 0600 or less [url-file-open]`,
  );
  expect(received).toHaveLength(1);
});

test('mail goes to sendmail, which reads who is to have it', async ({ directory }) => {
  const out = join(directory, 'mail');
  const sendmail = join(directory, 'sendmail');
  await writeFile(sendmail, `#!/bin/sh\necho "$*" >'${out}'\nexec cat >>'${out}'\n`, { mode: 0o755 });
  const env = { PATH: `${directory}:${process.env['PATH']}` };
  const receiver = { kind: 'mail', address: 'ops@example.test' } as const;
  expect(saidOf(receiver, await send(receiver, { env }))).toBe('mail ops@example.test');
  const [args, ...lines] = (await readFile(out, 'utf8')).split('\n');
  expect(args).toBe('-i -t');
  expect(lines).toEqual([
    'To: ops@example.test',
    `Subject: ${MESSAGE.subject}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...MESSAGE.text.split('\n'),
    '',
  ]);
});

test('a command has the message on its stdin, and nothing of it among its arguments', async ({
  directory,
}) => {
  const out = join(directory, 'out');
  const argv = ['sh', '-c', `echo "$*" >'${out}'; exec cat >>'${out}'`, 'tell', 'ops'];
  expect(await send({ kind: 'command', argv })).toEqual({ isOk: true });
  expect(await readFile(out, 'utf8')).toBe(`ops\n${MESSAGE.json}\n`);
});

test.for([
  [
    ['sh', '-c', `echo one >&2; echo "curl: https://hooks.test/${SECRET} failed" >&2; exit 22`],
    ['command sh', 'sh: exit 22 [receiver-program-failed]', 'one', 'curl: https://… failed'],
  ],
  [
    ['/nowhere/tell', SECRET],
    ['command /nowhere/tell', '/nowhere/tell is not installed [program-not-installed]'],
  ],
] as const)('of the command %j no secret is shown where it fails', async ([argv, lines]) => {
  const receiver = { kind: 'command', argv } as const;
  expect(saidOf(receiver, await send(receiver)).split('\n')).toEqual(lines);
});

test('a command that never ends is ended', async () => {
  expect(await send({ kind: 'command', argv: ['sleep', '60'] }, { timeoutMs: 100 })).toEqual({
    isOk: false,
    reason: { code: 'program-too-slow', program: 'sleep', seconds: 0.1 },
  });
});
