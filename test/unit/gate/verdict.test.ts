import { expect, test } from 'vitest';
import { lineOf, seconds, type TargetReport } from '../../../lib/gate/verdict.ts';
import type { Finding } from '../../../lib/findings/register.ts';

const NOT_FOUND: Finding = { code: 'token-not-found', server: 'nginx', origin: null };
const REFUSED = { code: 'connection-refused', error: 'ECONNREFUSED' } as const;
const LINE = 'web2 192.168.69.12: 404 from nginx: is the acme-challenge location in its configuration?';

const report = (part: Partial<TargetReport>) =>
  ({
    target: { name: 'web2', address: '192.168.69.12' },
    state: 'failing',
    attempts: 3,
    elapsedMs: 1234,
    missing: ['a.test'],
    reason: NOT_FOUND,
    unsent: null,
    ...part,
  }) as TargetReport;

test.for([
  [{}, `${LINE} (a.test, 3 attempts in 1.23 s) [token-not-found]`],
  [
    { missing: ['a.test', 'b.test', 'c.test'] },
    `${LINE} (a.test and 2 more, 3 attempts in 1.23 s) [token-not-found]`,
  ],
  [
    { state: 'served', missing: [], reason: null, attempts: 1 },
    'web2 192.168.69.12: served (1 attempt in 1.23 s)',
  ],
  [{ state: 'drained', missing: [], reason: null }, 'web2 192.168.69.12: drained, left out [drained]'],
  [
    { state: 'silent', reason: { ...REFUSED, who: 'node', port: 80 } },
    'web2 192.168.69.12: port 80: connection refused: is the web server running? (a.test, 3 attempts in 1.23 s) [connection-refused]',
  ],
  [
    { unsent: { ...REFUSED, who: 'agent', port: 9480 } },
    'web2 192.168.69.12: agent port 9480: connection refused: is certbot-ha-agent running there? [connection-refused]; ' +
      'seen there: 404 from nginx: is the acme-challenge location in its configuration? ' +
      '(a.test, 3 attempts in 1.23 s) [token-not-found]',
  ],
  [
    { state: 'waiting', reason: null, attempts: 0, elapsedMs: 0 },
    'web2 192.168.69.12: waiting (a.test, 0 attempts in 0.00 s)',
  ],
] as const)('%j reads %s', ([part, line]) => {
  expect(lineOf(report(part))).toBe(line);
});

test('times are seconds with two digits, and with one from ten on', () => {
  expect([0, 4, 995, 9_994, 9_996, 60_000].map(seconds)).toEqual([
    '0.00 s',
    '0.00 s',
    '0.99 s',
    '9.99 s',
    '10.0 s',
    '60.0 s',
  ]);
});
