import { expect, test } from 'vitest';
import { requestFor } from '../../../lib/notify/requests.ts';
import { newsMessage, stateMessage, testMessage, type Message } from '../../../lib/notify/text.ts';
import type { KnownTrouble } from '../../../lib/state/notified.ts';

const AT = '2027-03-01T00:00:00.000Z';
const trouble = (who: string | null, message: string): KnownTrouble => ({
  ...{ who, code: 'agent-silent', message, since: AT, seen: 2, gone: 0, told: null },
});
const SILENT = trouble('web2 192.0.2.2', 'its agent gave no answer in time');
const BAD = newsMessage('web1', {
  fresh: [SILENT],
  ongoing: [],
  over: [trouble(null, 'a <b> & c\nhow to')],
  left: 0,
});
const GOOD = newsMessage('web1', { fresh: [], ongoing: [], over: [SILENT], left: 0 });

test('a message has all that is news, and where to look', () => {
  expect(BAD.subject).toBe('certbot-ha on web1: 1 new, 1 over');
  expect(BAD.text.split('\n')).toEqual([
    'New:',
    'web2 192.0.2.2: its agent gave no answer in time [agent-silent]',
    '',
    'Over:',
    'a <b> & c [agent-silent]',
    '  how to',
    '',
    'How it is now: certbot-ha status --check',
  ]);
  const { at, ...document } = JSON.parse(BAD.json) as Readonly<Record<string, unknown>>;
  expect(Date.parse(String(at))).toBeGreaterThan(0);
  expect(document).toEqual({
    ...{ event: 'news', node: 'web1', left: 0 },
    new: [
      { who: 'web2 192.0.2.2', code: 'agent-silent', message: 'its agent gave no answer in time', since: AT },
    ],
    ongoing: [],
    over: [{ who: null, code: 'agent-silent', message: 'a <b> & c\nhow to', since: AT }],
  });
});

test.for([
  [500, 20],
  [500, 900],
  [5, 900],
] as const)('of %i troubles with %i characters each nobody is sent more than a page', ([length, size]) => {
  const fresh = Array.from({ length }, (_, index) => trouble(`web${index}`, 'x'.repeat(size)));
  const { text } = newsMessage('web1', { fresh, ongoing: [], over: [], left: 0 });
  expect(text.length).toBeLessThan(3_100);
  expect(text).toMatch(/\n… and more: certbot-ha status --check$/);
});

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' };

test.for<
  readonly [
    Parameters<typeof requestFor>[0],
    string,
    Message,
    Readonly<{ method: string; url: string; headers?: object; body?: string }>,
  ]
>([
  [
    ...(['webhook', 'https://hooks.test/a?b=c', BAD] as const),
    { method: 'POST', url: 'https://hooks.test/a?b=c', headers: JSON_TYPE, body: BAD.json },
  ],
  [
    ...(['slack', 'https://hooks.test/services/T/B', BAD] as const),
    {
      ...{ method: 'POST', url: 'https://hooks.test/services/T/B', headers: JSON_TYPE },
      body: JSON.stringify({
        text: `${BAD.subject}\n${BAD.text.replace('a <b> & c', 'a &lt;b&gt; &amp; c')}`,
      }),
    },
  ],
  [
    ...(['ntfy', 'https://ntfy.test/topic', BAD] as const),
    {
      ...{ method: 'POST', url: 'https://ntfy.test/topic', body: BAD.text },
      headers: { ...TEXT_TYPE, title: BAD.subject, priority: 'high', tags: 'warning' },
    },
  ],
  [
    ...(['ntfy', 'https://:to%20ken@ntfy.test/topic', GOOD] as const),
    {
      ...{ method: 'POST', url: 'https://ntfy.test/topic', body: GOOD.text },
      headers: {
        ...{ ...TEXT_TYPE, title: GOOD.subject, priority: 'default', tags: 'white_check_mark' },
        authorization: `Basic ${Buffer.from(':to ken').toString('base64')}`,
      },
    },
  ],
  [
    ...(['webhook', 'https://user:100%@hooks.test/', BAD] as const),
    {
      ...{ method: 'POST', url: 'https://hooks.test/', body: BAD.json },
      headers: { ...JSON_TYPE, authorization: `Basic ${Buffer.from('user:100%').toString('base64')}` },
    },
  ],
  [
    ...(['healthchecks', 'https://hc.test/key/slug/?create=1', stateMessage('web1', [SILENT])] as const),
    {
      ...{ method: 'POST', url: 'https://hc.test/key/slug/fail?create=1', headers: TEXT_TYPE },
      body: 'web2 192.0.2.2: its agent gave no answer in time [agent-silent]',
    },
  ],
  [
    ...(['healthchecks', 'https://hc.test/uuid', stateMessage('web1', [])] as const),
    {
      ...{ method: 'POST', url: 'https://hc.test/uuid', headers: TEXT_TYPE },
      body: 'certbot-ha on web1: nothing needs anybody',
    },
  ],
  [
    ...([
      'uptimeKuma',
      'https://kuma.test/api/push/x?status=up&msg=OK&ping=',
      stateMessage('web1', [SILENT]),
    ] as const),
    {
      method: 'GET',
      url: 'https://kuma.test/api/push/x?status=down&msg=web2+192.0.2.2%3A+its+agent+gave+no+answer+in+time+%5Bagent-silent%5D&ping=',
    },
  ],
  [
    ...(['uptimeKuma', 'http://kuma.test:3001/api/push/x', testMessage('web1')] as const),
    {
      method: 'GET',
      url: `http://kuma.test:3001/api/push/x?status=up&msg=${encodeURIComponent(testMessage('web1').text).replaceAll('%20', '+')}`,
    },
  ],
])('%s at %s', ([kind, url, message, expected]) => {
  const { headers, body, ...rest } = requestFor(kind, new URL(url), message);
  expect({ ...rest, url: rest.url.href, headers, ...(body !== undefined && { body }) }).toEqual({
    ...expected,
    headers: { 'user-agent': 'certbot-ha', ...expected.headers },
  });
});
