import { expect } from 'vitest';
import { recordOf } from '../../../lib/challenge/dns-01.ts';
import { readValues, refusalOf, retryAfter } from '../../../lib/dns/livedns-answers.ts';
import { reasonFor, type Update } from '../../../lib/dns/nsupdate.ts';
import { tsigKeyIn } from '../../../lib/dns/tsig-key.ts';
import { isHostName } from '../../../lib/net/address.ts';
import { expectedOf, expectWords } from '../strange/words.ts';
import { near, nearJson } from './near.ts';
import type { Parser } from './parser.ts';

const SECRET = 'c2VjcmV0//1zZWNyZXQtc2VjcmV0LXNlY3JldC0wMTI=';
const BIND = `# of ns1\nkey "certbot-ha" {\n\talgorithm hmac-sha256;\n\tsecret "${SECRET}";\n};\n`;
const KNOT = `# hmac-sha256:acme:x\nkey:\n  - id: acme\n    algorithm: hmac-sha512\n    secret: ${SECRET}\n`;
const KEY = { name: 'acme', algorithm: 'hmac-sha256', secret: SECRET };
const UPDATE: Update = {
  ...{ action: 'add', zone: 'example.test', records: [], key: KEY },
  server: { name: 'ns1.example.test', address: '192.0.2.53', port: 53 },
};
const AT = { api: 'api.gandi.net', zone: 'example.test', tokenFile: '/x', token: 'pat_s3cret' };
const answerOf = (text: string, status: number) => ({ status, text, retryAfter: null });

/** Keys, what a name server's answer is told by, what an API answers, and what a CA may have asked for. */
export const DNS: readonly Parser[] = [
  {
    what: 'a key for updates',
    input: near([BIND, KNOT], ['key', 'secret', 'algorithm', 'id:', '/*', '*/', 'hmac-md5', SECRET]),
    holds: (text) => {
      const key = expectedOf(() => tsigKeyIn(text, '/x'));
      if (key === null) return;
      // Each is a word of what nsupdate reads.
      expect(isHostName(key.name)).toBe(true);
      expect(`${key.algorithm} ${key.secret}`).toMatch(/^hmac-sha\d+ [A-Za-z0-9+/=]{16,}$/);
    },
  },
  {
    what: 'what nsupdate says',
    input: near([
      '; TSIG error with server: tsig indicates error\nupdate failed: NOTAUTH(BADKEY)\n',
      '; Communication with 192.0.2.53#53 failed: timed out\n',
      'update failed: SERVFAIL\n',
    ]),
    holds: (text) => expectWords(reasonFor(text, UPDATE)),
  },
  {
    what: 'a record of LiveDNS',
    input: nearJson([{ rrset_name: '_acme-challenge', rrset_ttl: 300, rrset_values: ['"a"', '"b"'] }]),
    holds: (text) => {
      const values = expectedOf(() => readValues(answerOf(text, 200), { apiUrl: 'https://api.gandi.net' }));
      for (const value of values ?? []) expect(value).toBeTypeOf('string');
      retryAfter(text);
    },
  },
  {
    what: 'a refusal of LiveDNS',
    input: nearJson([{ code: 403, cause: 'Forbidden', message: 'pat_s3cret was denied', object: 'x' }]),
    holds: (text) => {
      for (const status of [400, 401, 403, 404, 429, 500]) {
        const found = refusalOf(answerOf(text, status), AT);
        expectWords(found);
        expect(JSON.stringify(found)).not.toContain(AT.token);
      }
    },
  },
  {
    what: 'a name for DNS-01',
    input: near(
      ['*.www.example.com', 'bücher.example.', 'xn--bcher-kva.example'],
      ['*.', '_acme-challenge.'],
    ),
    holds: (text) => {
      const record = expectedOf(() => recordOf({ identifier: text, value: 'v'.repeat(43) }));
      if (record === null) return;
      expect(isHostName(record.name)).toBe(true);
      expect(record.name).toBe(record.name.toLowerCase());
    },
  },
];
