import type { Starttls } from '../cluster/service.ts';

/** A connection before TLS. What it gives has come in time and within limits; else it rejects. */
export interface InClear {
  /** The next line, without its end. */
  line(): Promise<string>;
  bytes(count: number): Promise<Buffer>;
  say(what: string | Uint8Array): void;
}

/**
 * How a dialogue has ended, with the server's last words. `turned-away`: before TLS could be asked for, so that nothing is known of it;
 * `odd`: that is not how the protocol speaks.
 */
export interface Ended {
  readonly verdict: 'agreed' | 'refused' | 'turned-away' | 'odd';
  readonly answer: string;
}

/** What is said, and how the answer reads. */
interface Step {
  /** null: the server speaks first */
  readonly say: string | null;
  /** lines before the last one */
  readonly more: RegExp | null;
  readonly last: RegExp;
  readonly agrees: RegExp;
}

/** RFC 5321, section 4.2: `250-` goes on, `250 ` ends. */
const reply = (say: string | null, agrees: RegExp): Step => ({
  say,
  agrees,
  more: /^\d{3}-/,
  last: /^\d{3}(?: |$)/,
});
/** A name that nobody can own (RFC 2606). */
const NAME = 'certbot-ha.invalid';

const LINES = {
  // RFC 3207
  smtp: [reply(null, /^220/), reply(`EHLO ${NAME}`, /^250/), reply('STARTTLS', /^220/)],
  // RFC 2033
  lmtp: [reply(null, /^220/), reply(`LHLO ${NAME}`, /^250/), reply('STARTTLS', /^220/)],
  // RFC 9051, section 6.2.1
  imap: [
    { say: null, more: null, last: /^\* (?:OK|PREAUTH|BYE)\b/i, agrees: /^\* OK\b/i },
    { say: 'a STARTTLS', more: /^\* /, last: /^a /, agrees: /^a OK\b/i },
  ],
  // RFC 2595, section 4
  pop3: [
    { say: null, more: null, last: /^(?:\+OK|-ERR)/, agrees: /^\+OK/ },
    { say: 'STLS', more: null, last: /^(?:\+OK|-ERR)/, agrees: /^\+OK/ },
  ],
  // RFC 5804, section 2.2
  sieve: [
    { say: null, more: /^"/, last: /^(?:OK|NO|BYE)\b/i, agrees: /^OK\b/i },
    { say: 'STARTTLS', more: null, last: /^(?:OK|NO|BYE)\b/i, agrees: /^OK\b/i },
  ],
  // RFC 4217; the lines of a long greeting need not begin with its number (RFC 959, section 4.2)
  ftp: [{ ...reply(null, /^220/), more: /^(?!\d{3}(?: |$))/ }, reply('AUTH TLS', /^234/)],
} as const satisfies Partial<Record<Starttls, readonly Step[]>>;

/** RFC 5321, section 3.8: the server ends the connection for a reason of its own. */
const CLOSING = /^421\b/;

async function speak(steps: readonly Step[], clear: InClear): Promise<Ended> {
  let answer = '';
  for (const [index, { say, more, last, agrees }] of steps.entries()) {
    if (say !== null) clear.say(`${say}\r\n`);
    answer = await clear.line();
    while (more?.test(answer) === true) answer = await clear.line();
    if (!last.test(answer)) return { verdict: 'odd', answer };
    if (agrees.test(answer)) continue;
    const isAsked = index === steps.length - 1 && !CLOSING.test(answer);
    return { verdict: isAsked ? 'refused' : 'turned-away', answer };
  }
  return { verdict: 'agreed', answer };
}

/** An extended request for 1.3.6.1.4.1.1466.20037 (RFC 4511, section 4.14). */
const LDAP_STARTTLS = Buffer.from(
  `301d02010177188016${Buffer.from('1.3.6.1.4.1.1466.20037').toString('hex')}`,
  'hex',
);
const LDAP_RESULT = 0x0a;
/** Above it, the byte's other bits tell how many bytes of length follow (X.690, section 8.1.3). */
const MAX_SHORT_LENGTH = 0x80;

/** The answer is `30 LENGTH 02 01 01 78 LENGTH 0a 01 RESULT …`, with lengths of one byte or several. */
async function ldap(clear: InClear): Promise<Ended> {
  clear.say(LDAP_STARTTLS);
  const [tag = 0, length = 0] = await clear.bytes(2);
  if (tag !== 0x30) return { verdict: 'odd', answer: `byte ${tag}` };
  const isLong = length > MAX_SHORT_LENGTH;
  if (isLong && length - 0x80 > 4) return { verdict: 'odd', answer: `byte ${length}` };
  const size = isLong
    ? (await clear.bytes(length - 0x80)).reduce((sum, byte) => sum * 256 + byte, 0)
    : length;
  const message = await clear.bytes(size);
  const at = message.indexOf(Buffer.from([LDAP_RESULT, 0x01]));
  const result = at === -1 ? undefined : message[at + 2];
  if (message[3] !== 0x78 || result === undefined)
    return { verdict: 'odd', answer: `byte ${message[3] ?? 0}` };
  return { verdict: result === 0 ? 'agreed' : 'refused', answer: `result ${result}` };
}

/** SSLRequest; the answer is one byte (PostgreSQL, "Message Flow", SSL session encryption). */
const POSTGRES_SSL = Buffer.from('0000000804d2162f', 'hex');

async function postgres(clear: InClear): Promise<Ended> {
  clear.say(POSTGRES_SSL);
  const answer = (await clear.bytes(1)).toString('latin1');
  const verdict = answer === 'S' ? 'agreed' : answer === 'N' ? 'refused' : 'odd';
  return { verdict, answer };
}

/**
 * How TLS is asked for. MySQL is not among them: it counts what ends before a login, and shuts out who has done so a
 * hundred times (max_connect_errors).
 */
export const DIALOGUES: Readonly<Record<Starttls, (clear: InClear) => Promise<Ended>>> = {
  smtp: async (clear) => await speak(LINES.smtp, clear),
  lmtp: async (clear) => await speak(LINES.lmtp, clear),
  imap: async (clear) => await speak(LINES.imap, clear),
  pop3: async (clear) => await speak(LINES.pop3, clear),
  sieve: async (clear) => await speak(LINES.sieve, clear),
  ftp: async (clear) => await speak(LINES.ftp, clear),
  ldap,
  postgres,
};

/** What a client says last, over TLS, so that no log tells of a lost connection. */
export const GOODBYES: Readonly<Record<Starttls, string | Uint8Array>> = {
  smtp: 'QUIT\r\n',
  lmtp: 'QUIT\r\n',
  imap: 'b LOGOUT\r\n',
  pop3: 'QUIT\r\n',
  sieve: 'LOGOUT\r\n',
  ftp: 'QUIT\r\n',
  ldap: Buffer.from('30050201024200', 'hex'),
  postgres: Buffer.from('5800000004', 'hex'),
};
