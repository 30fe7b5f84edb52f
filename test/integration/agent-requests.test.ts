// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { ask } from '../support/cluster/raw-channel.ts';
import { treeOf } from '../support/tree.ts';
import { expect, JSON_TYPE, present, test } from '../support/cluster/impatient-agent.ts';

describe('a request that breaks a rule is refused with a problem document and changes nothing:', () => {
  const { token, keyAuthorization } = makeChallenge();
  const good = { token, keyAuthorization };
  const put = (body: unknown, path = '/v1/challenges') => ({
    method: 'PUT',
    path,
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  });
  const post = (body: unknown) => ({ ...put(body, '/v1/challenges/removals'), method: 'POST' });
  const TRAVERSALS = [
    '../../../../etc/cron.d/x',
    '..%2f..%2fx',
    '/etc/passwd',
    '....//....//x',
    `..\\..\\${token}`,
    `${token}/../x`,
    `${token}\0.html`,
    '.',
    '..',
    '',
  ];
  const many = (length: number) => Array.from({ length }, () => good);

  test.for([
    ['an unknown route', { path: '/' }, 404],
    ['an unknown route below /v1', { path: '/v1/keys' }, 404],
    ['a route of a later version', { path: '/v2/status' }, 404],
    ['another method', { method: 'DELETE', path: '/v1/challenges' }, 404],
    ['a climbing path', { path: '/v1/challenges/../../../etc/passwd' }, 404],
    ['an encoded climbing path', { path: '/v1/challenges/%2e%2e%2f%2e%2e%2fetc%2fpasswd' }, 400],
    ['a path that is not encoded rightly', { path: '/v1/%E0%A4%A' }, 400],
    ['a path that is long', { path: `/v1/${'x'.repeat(5_000)}` }, 404],
    ['headers that are long', { headers: { 'x-long': 'x'.repeat(20_000) } }, 431],
    ['no body', { method: 'PUT', path: '/v1/challenges', headers: JSON_TYPE }, 400],
    [
      'half a JSON document',
      { method: 'PUT', path: '/v1/challenges', headers: JSON_TYPE, body: '{"challenges":[' },
      400,
    ],
    [
      'JSON under another type',
      { ...put(present([good])), headers: { 'content-type': 'text/plain' } },
      [400, 415],
    ],
    [
      'a form',
      { ...put({}), headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
      415,
    ],
    ['XML', { ...put({}), headers: { 'content-type': 'application/xml' }, body: '<a/>' }, 415],
    ['no type', { ...put(present([good])), headers: {} }, [400, 415]],
    ['a body over 256 KiB', put({ challenges: [], x: 'x'.repeat(300_000) }), 413],
    ['a list in the place of a mapping', put([good]), 400],
    ['null', put(null), 400],
    ['no challenges', put(present([])), 400],
    ['501 challenges', put(present(many(501))), 400],
    ['an unknown key', put({ challenges: [good], mode: '0777' }), 400],
    ['an unknown key in a challenge', put(present([{ ...good, directory: '/etc' }])), 400],
    [
      'a prototype',
      {
        ...put({}),
        body: `{"challenges":[{"__proto__":{"a":1},"token":"${token}","keyAuthorization":"${keyAuthorization}"}]}`,
      },
      400,
    ],
    [
      'a token that is a number',
      put(
        present([{ token: 1_234_567_890_123_456, keyAuthorization: `1234567890123456.${'a'.repeat(43)}` }]),
      ),
      400,
    ],
    ['a token that is a list', put(present([{ token: [token], keyAuthorization }])), 400],
    ['a key authorization of another token', put(present([{ ...good, token: makeChallenge().token }])), 400],
    ['a good challenge beside a bad one', put(present([good, { token: 'x', keyAuthorization }])), 400],
    ['no tokens to remove', post({ tokens: [] }), 400],
    ['a token to remove that is a mapping', post({ tokens: [{ token }] }), 400],
    ...TRAVERSALS.map(
      (path) =>
        [
          `the token ${JSON.stringify(path)}`,
          put(present([{ token: path, keyAuthorization: `${path}.${'a'.repeat(43)}` }])),
          400,
        ] as const,
    ),
    ...TRAVERSALS.map(
      (path) =>
        [
          `the key authorization ${JSON.stringify(path)}`,
          put(present([{ token, keyAuthorization: path }])),
          400,
        ] as const,
    ),
    ...TRAVERSALS.map(
      (path) => [`${JSON.stringify(path)} to remove`, post({ tokens: [path] }), 400] as const,
    ),
  ] as const)('%s', async ([, request, status], { agent, directory }) => {
    const kept = makeChallenge();
    await writeFile(join(agent.there, kept.token), kept.keyAuthorization);
    const before = await treeOf(directory);
    const answer = await ask(agent, request);
    expect([status].flat()).toContain(answer.status);
    // What the HTTP parser itself refuses never reaches our own words.
    if (answer.status !== 431) {
      expect(answer.type).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(answer.body)).toEqual({
        type: 'about:blank',
        title: expect.stringMatching(/^[A-Z]/),
        status: answer.status,
        detail: expect.stringMatching(/\S/),
      });
      expect(answer.body.length).toBeLessThan(600);
    }
    expect(await treeOf(directory)).toEqual(before);
  });
});
