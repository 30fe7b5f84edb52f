import { expect } from 'vitest';
import { STARTTLS } from '../../../lib/cluster/service.ts';
import { caOf, judgeCaa } from '../../../lib/doctor/caa-judged.ts';
import { judgeAnswer } from '../../../lib/gate/judge-answer.ts';
import { createReceived } from '../../../lib/gate/received.ts';
import { follow, portOf } from '../../../lib/gate/redirect.ts';
import { DIALOGUES } from '../../../lib/gate/starttls-dialogues.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { isReserved } from '../../../lib/net/reserved.ts';
import { expectWords } from '../strange/words.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { THUMBPRINT, TOKEN } from './samples.ts';

const LOCATIONS = [
  'http://a.example.com/x',
  'https://b.example.com:443/.well-known/acme-challenge/x?y#z',
  '//c.example.com/',
  '/x',
  'http://[2001:db8::1]/',
];
const HOSTS = [
  'http:',
  'https://',
  '//',
  '@',
  '127.0.0.1',
  '[::1]',
  '0x7f.1',
  'localhost',
  '.well-known',
  ':81',
  ':',
  '%2e',
  '\\',
  '%zz',
  'ftp://',
  '\u3002',
];
const TARGET = { kind: 'node', name: 'web1', address: '192.0.2.1', httpPort: 80 } as unknown as Target;
const GREETINGS = [
  '220 mail.example ESMTP\r\n250-mail.example\r\n250 STARTTLS\r\n220 go ahead\r\n',
  '* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n* x\r\na OK begin\r\n',
  '+OK ready\r\n+OK begin\r\n',
  '"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK\r\nOK begin\r\n',
  '220-hello\r\n x\r\n220 ready\r\n234 begin\r\n',
  '0\x0c\x02\x01\x01x\x07\n\x01\x00\x04\x00\x04\x00',
  'S',
];
/** As gate/starttls has it: who says more has not been speaking the protocol. */
const MAX_BYTES = 16_384;

/** What web servers, mail servers and name servers answer. */
export const ANSWERS: readonly Parser[] = [
  {
    what: 'where a redirect leads',
    share: 60,
    input: near(LOCATIONS, HOSTS),
    holds: (location) => {
      const url = new URL('http://a.example.com/.well-known/acme-challenge/x');
      const hop = follow(
        location,
        { url, host: url.host },
        { identifier: url.hostname, ports: new Set([80, 443]) },
      );
      if ('code' in hop) return expectWords(hop);
      expect(['http:', 'https:']).toContain(hop.url.protocol);
      expect([80, 443]).toContain(portOf(hop.url));
      expect(isReserved(hop.url.hostname.replaceAll(/[[\]]/g, ''))).toBe(false);
    },
  },
  {
    what: 'the body of an answer',
    input: near([`${TOKEN}.${THUMBPRINT}`, `${TOKEN}.${THUMBPRINT}\n`, '<html><title>404</title>']),
    holds: (text) => {
      const url = new URL('http://a.example.com/');
      const right = `${TOKEN}.${THUMBPRINT}`;
      // As much as is read of one, and one byte.
      const body = Buffer.from(text).subarray(0, 129);
      const answer = { url, status: 200, server: text, type: text, location: '', isRedirected: false, body };
      const seen = judgeAnswer(answer, TARGET, right);
      if (seen.state === 'served') expect(text.replaceAll(/[^\w.-]/g, '')).toBe(right);
      else expectWords(seen.reason);
    },
  },
  {
    what: 'the dialogue before TLS',
    share: 60,
    input: near(GREETINGS, [
      '220 ',
      '250-',
      '250 ',
      '421 ',
      '* ',
      'a OK',
      '+OK',
      '-ERR',
      'BYE',
      '\r\n',
      '\n',
      'OK',
      '0\x84\xff\xff\xff\xff',
      '0\x80',
    ]),
    holds: async (text) => {
      for (const protocol of STARTTLS) {
        const received = createReceived();
        received.add(Buffer.from(text, 'latin1').subarray(0, MAX_BYTES));
        received.end(new Error('no more'));
        const said: (string | Uint8Array)[] = [];
        const clear = {
          line: received.line,
          bytes: received.bytes,
          say: (what: string | Uint8Array) => void said.push(what),
        };
        const ended = await DIALOGUES[protocol](clear).catch((error: unknown) => String(error));
        if (typeof ended === 'string') expect(ended).toBe('Error: no more');
        else
          expectWords({
            code: 'starttls-not-spoken',
            port: 25,
            protocol,
            answer: ended.answer.slice(0, 200),
          });
        if (typeof ended !== 'string' && ended.verdict === 'agreed') expect(said.length).toBeGreaterThan(0);
      }
    },
  },
  {
    what: 'records of a name server',
    input: near(
      [
        'letsencrypt.org; validationmethods=http-01; accounturi=https://ca.test/acct/1',
        ';',
        'https://acme-v02.api.letsencrypt.org/directory',
      ],
      [';', '=', 'accounturi', 'http-01', ','],
    ),
    holds: (text) => {
      const records = [
        { critical: text.length % 256, issue: text },
        { critical: 0, issuewild: text },
      ];
      const found = judgeCaa(
        'a.test',
        { at: 'a.test', records },
        { ca: caOf(text), account: text, method: 'dns-01', isWildcard: text.length % 2 === 0 },
      );
      expectWords(...(found === null ? [] : [found]));
    },
  },
];
