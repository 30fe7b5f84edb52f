// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startPublishing } from '../../lib/batch/publishing.ts';
import { recordOf } from '../../lib/challenge/dns-01.ts';
import type { Publisher } from '../../lib/dns/publisher.ts';
import { freePort } from '../support/cluster/addresses.ts';
import { publisherBy, refusalOf } from '../support/contracts/publisher.ts';
import { startLiveDns, type LiveDnsServer } from '../support/dns/livedns.ts';
import { lackOfNamed, startNamed } from '../support/dns/named.ts';
import { expect, test as base } from '../support/temporary.ts';

const record = recordOf({ identifier: 'example.test', value: 'v'.repeat(43) });
const NAME = '_acme-challenge.example.test';

interface Gandi {
  readonly server: LiveDnsServer;
  readonly tokenFile: string;
  publisher(settings?: object): Promise<Publisher>;
  /** What is said of a record that is not published, in words of this test. */
  refusal(settings?: object): Promise<string>;
}

const test = base.extend<{ gandi: Gandi }>({
  gandi: async ({ directory }, use) => {
    const named = await startNamed(join(directory, 'named'), {
      zones: { 'example.test': [], 'away.test': [] },
    });
    const server = await startLiveDns(['example.test']);
    const tokenFile = join(directory, 'gandi.token');
    await writeFile(tokenFile, `${server.token}\n`, { mode: 0o600 });
    const open: Publisher[] = [];
    const publisher = async (settings: object = {}) => {
      const dns = { provider: 'gandi', tokenFile, apiUrl: server.url, resolvers: [named.resolver] };
      const one = await publisherBy(dns, settings, process.env, directory);
      open.push(one);
      return one;
    };
    await use({
      ...{ server, tokenFile, publisher },
      refusal: async (settings) => {
        const said = await refusalOf(await publisher(settings), record);
        return said.replaceAll(tokenFile, 'FILE').replaceAll(new URL(server.url).host, 'HOST');
      },
    });
    await Promise.all([...open, server, named].map(async (one) => await one.close()));
  },
});

describe.skipIf(lackOfNamed !== null)('Gandi', () => {
  test.for([
    [
      'a token that has expired',
      { status: 401 },
      'HOST: refuses the token of FILE (401): has it expired? Write another one into that file [dns-token-refused]',
    ],
    [
      'a token without the right',
      { status: 403, body: '{"message":"Access was denied to this resource."}' },
      "HOST: the token of FILE may not change example.test (403): give it the right to manage that domain's technical configuration [dns-token-forbidden]",
    ],
    [
      'too many requests, for long',
      { status: 429, headers: { 'retry-after': '3600' } },
      'HOST: too many requests (429): try again in 3600 s [dns-api-limit]',
    ],
    [
      'a request that it does not understand',
      { status: 400, body: '{"message":"rrset_values: \\u001b[2J wrong"}' },
      'HOST: example.test was not changed (status 400) [dns-api-failed]\nrrset_values:  [2J wrong',
    ],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://elsewhere.example/' } },
      'HOST: example.test was not changed (status 302) [dns-api-failed]',
    ],
    [
      'a page',
      { status: 200, body: '<html>' },
      'HOST: answers with something else than a record of LiveDNS: does a proxy answer in its place? [dns-api-odd]',
    ],
    [
      'another record',
      { status: 200, body: '{"rrset_values":[1]}' },
      'HOST: answers with something else than a record of LiveDNS: does a proxy answer in its place? [dns-api-odd]',
    ],
    [
      'no end',
      { status: 200, body: 'x'.repeat(100_000) },
      'HOST: answers with something else than a record of LiveDNS: does a proxy answer in its place? [dns-api-odd]',
    ],
  ] as const)('tells of %s', async ([, given, words], { gandi }) => {
    gandi.server.answerNext(given);
    expect(await gandi.refusal()).toBe(words);
  });

  test('tells of a zone that is not there', async ({ gandi }) => {
    const one = await gandi.publisher();
    const away = recordOf({ identifier: 'away.test', value: record.value });
    expect(await refusalOf(one, away)).toMatch(
      /: has no zone away\.test \(404\): does the domain use LiveDNS, and may the token see it\? \[dns-api-without-zone\]$/,
    );
  });

  test('asks again where it is in trouble, and waits for as long as it says', async ({ gandi }) => {
    gandi.server.answerNext({ status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
    const started = performance.now();
    expect(await gandi.refusal()).toBe('published');
    expect(performance.now() - started).toBeGreaterThan(1_900);
    expect(await gandi.server.values(NAME)).toEqual([record.value]);
  });

  test('gives up where the trouble stays, and shows no token that is echoed', async ({ gandi }) => {
    const body = JSON.stringify({ message: `upstream: Bearer ${gandi.server.token}` });
    gandi.server.answerNext(...Array.from({ length: 3 }, () => ({ status: 502, body })));
    expect(await gandi.refusal()).toBe(
      'HOST: example.test was not changed (status 502) [dns-api-failed]\nupstream: Bearer …',
    );
  });

  test('tells of nobody there, of one that says nothing, and of a certificate that nobody trusts', async ({
    gandi,
  }) => {
    const port = await freePort(['127.0.0.1']);
    expect(await gandi.refusal({ apiUrl: `http://127.0.0.1:${port}` })).toBe(
      `127.0.0.1:${port}: no answer (ECONNREFUSED): does a firewall let this host reach it? [dns-api-silent]`,
    );
    gandi.server.answerNext({ status: 0 }, { status: 0 });
    expect(await gandi.refusal({ timeout: 1 })).toBe(
      'HOST: no answer (TimeoutError): does a firewall let this host reach it? [dns-api-silent]',
    );
    const plain = createServer((socket) => socket.end('220 mail\r\n')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = plain.address();
    const https = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    expect(await gandi.refusal({ apiUrl: https })).toMatch(/: no answer \((?:ERR_SSL|EPROTO|ECONNRESET)/);
    plain.close();
  });

  test('writes again what another host has overwritten, and tells where that never ends', async ({
    gandi,
  }) => {
    const { server } = gandi;
    const one = await gandi.publisher();
    server.overwriteAfterNextWrites(1, ['of-the-other-host']);
    expect(await refusalOf(one, record)).toBe('published');
    expect(await server.values(NAME)).toEqual(['of-the-other-host', record.value]);
    await one.withdraw([record], AbortSignal.timeout(10_000));
    server.overwriteAfterNextWrites(9, ['of-the-other-host']);
    expect(await refusalOf(one, record)).toBe(
      `${NAME}: its TXT values did not stay as they were written: does another program write there? [dns-values-lost]`,
    );
  });

  test('takes away again what another host has put back after it was taken away', async ({ gandi }) => {
    const { server } = gandi;
    const one = await gandi.publisher();
    expect(await refusalOf(one, record)).toBe('published');
    server.asked();
    // It had read before, and writes when the removal has been seen.
    server.overwriteAfterReads(2, [record.value, 'of-the-other-host']);
    expect(await one.withdraw([record], AbortSignal.timeout(10_000))).toEqual([{ isOk: true }]);
    expect(await server.values(NAME)).toEqual(['of-the-other-host']);
    expect(server.asked().map((asked) => asked.split(' ')[0])).toEqual([
      'GET',
      'DELETE',
      'GET',
      'GET',
      'PUT',
      'GET',
    ]);
  });

  test('reads once and writes nothing where nothing is to be changed', async ({ gandi }) => {
    const one = await gandi.publisher();
    await one.withdraw([record], AbortSignal.timeout(10_000));
    expect(gandi.server.asked()).toEqual([
      'GET /v5/livedns/domains/example.test/records/_acme-challenge/TXT',
    ]);
  });

  test.for([
    ['was refused at once', [403], true],
    ['had no clear answer before it was refused', [502, 401], false],
  ] as const)(
    'knows whether a record may be there whose writing %s',
    async ([, answers, isNowhere], { gandi }) => {
      gandi.server.answerNext({ status: 404 }, ...answers.map((status) => ({ status })));
      const { signal } = new AbortController();
      const publishing = startPublishing(await gandi.publisher(), [record], { signal });
      expect(await publishing.outcomeOf(new Set([record.name]))).toMatchObject({ isOk: false });
      expect(publishing.isNowhere(record)).toBe(isNowhere);
    },
  );

  test.for([
    ['two tokens', 'one\ntwo', 'FILE: expected one line, a personal access token [dns-token-file-invalid]'],
    ['nothing', '', 'FILE: expected one line, a personal access token [dns-token-file-invalid]'],
    [
      'a header',
      'Bearer s3crets3cret',
      'FILE: expected one line, a personal access token [dns-token-file-invalid]',
    ],
  ] as const)('refuses a token file with %s', async ([, text, words], { gandi }) => {
    await writeFile(gandi.tokenFile, text, { mode: 0o600 });
    await expect(gandi.refusal()).rejects.toThrow(words.replace('FILE', gandi.tokenFile));
  });
});
