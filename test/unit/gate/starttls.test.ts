import { X509Certificate } from 'node:crypto';
import { describe, onTestFinished } from 'vitest';
import type { Service, Starttls } from '../../../lib/cluster/service.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import { servedCertificate, wantedOf } from '../../../lib/gate/served-certificate.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { mute } from '../../support/programs/mute-server.ts';
import { serveStarttls, type Script } from '../../support/programs/starttls-server.ts';

async function look(issued: Issued, service: Service, signal = AbortSignal.timeout(20_000)) {
  const target = { kind: 'node', name: 'web1', address: '127.0.0.1', httpsPort: 1 } as Target;
  const wanted = wantedOf(new X509Certificate(issued.certificate), { name: 'a.test', service });
  const seen = await servedCertificate(target, wanted, signal);
  return 'reason' in seen ? { kind: seen.kind, reason: lineOf(seen.reason) } : seen;
}

const LDAP_OID = '1.3.6.1.4.1.1466.20037';
const ldapAnswer = (result: string) => `\x30\x0c\x02\x01\x01\x78\x07\x0a\x01${result}\x04\x00\x04\x00`;

/** As Active Directory writes it: each length in four bytes. */
const longLdapAnswer =
  '\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00';

const AGREED: Readonly<Record<Starttls, Script>> = {
  smtp: [
    ['S', '220-mx.a.test ESMTP\r\n220 go on\r\n'],
    ['C', 'EHLO certbot-ha.invalid\r\n'],
    ['S', '250-mx.a.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n'],
    ['C', 'STARTTLS\r\n'],
    ['S', '220 2.0.0 Ready to start TLS\r\n'],
  ],
  lmtp: [
    ['S', '220 mx.a.test LMTP\r\n'],
    ['C', 'LHLO certbot-ha.invalid\r\n'],
    ['S', '250-mx.a.test\r\n250 STARTTLS\r\n'],
    ['C', 'STARTTLS\r\n'],
    ['S', '220 ready\r\n'],
  ],
  imap: [
    ['S', '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n'],
    ['C', 'a STARTTLS\r\n'],
    ['S', '* CAPABILITY IMAP4rev1\r\na OK Begin TLS negotiation now.\r\n'],
  ],
  pop3: [
    ['S', '+OK Dovecot ready.\r\n'],
    ['C', 'STLS\r\n'],
    ['S', '+OK Begin TLS negotiation now.\r\n'],
  ],
  sieve: [
    ['S', '"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"STARTTLS"\r\nOK "ready."\r\n'],
    ['C', 'STARTTLS\r\n'],
    ['S', 'OK "Begin TLS negotiation now."\r\n'],
  ],
  ftp: [
    ['S', '220-Welcome\r\n to a server\r\n220 ready\r\n'],
    ['C', 'AUTH TLS\r\n'],
    ['S', '234 AUTH TLS successful\r\n'],
  ],
  ldap: [
    ['C', LDAP_OID],
    ['S', ldapAnswer('\x00')],
  ],
  postgres: [
    ['C', '\x04\xd2\x16\x2f'],
    ['S', 'S'],
  ],
};

describe('what turns to TLS', () => {
  test.for(Object.entries(AGREED) as readonly (readonly [Starttls, Script])[])(
    'shows its certificate by %s, and is taken leave of',
    async ([starttls, script], { ca }) => {
      const issued = await ca.issue(['a.test']);
      const { port, farewells } = await serveStarttls(script, issued);
      expect(await look(issued, { port, starttls })).toEqual({ kind: 'wanted' });
      if (starttls === 'smtp') await expect.poll(() => farewells, { timeout: 8_000 }).toEqual(['QUIT\r\n']);
    },
  );

  test.for([
    [
      'an LDAP server with long lengths',
      'ldap',
      [
        ['C', LDAP_OID],
        ['S', longLdapAnswer],
      ],
    ],
    ['an FTP server without a greeting', 'ftp', [['S', '220 \r\n'], ...AGREED.ftp.slice(1)]],
  ] as readonly (readonly [string, Starttls, Script])[])(
    'shows its certificate: %s',
    async ([, starttls, script], { ca }) => {
      const issued = await ca.issue(['a.test']);
      const { port } = await serveStarttls(script, issued);
      expect(await look(issued, { port, starttls })).toEqual({ kind: 'wanted' });
    },
  );

  test('shows that it has an earlier one, or one for other names', async ({ ca }) => {
    const [wanted, before, other] = [
      await ca.issue(['a.test']),
      await ca.issue(['a.test']),
      await ca.issue(['b.test']),
    ];
    const at = async (served: Issued) => (await serveStarttls(AGREED.imap, served)).port;
    const seen = [await look(wanted, { port: await at(before), starttls: 'imap' })];
    seen.push(await look(wanted, { port: await at(other), starttls: 'imap' }));
    expect(seen).toMatchObject([{ kind: 'another' }, { kind: 'foreign', names: ['b.test'] }]);
  });
});

describe('what does not', () => {
  test.for<readonly [string, Starttls, Script, string]>([
    [
      'has no TLS',
      'smtp',
      [...AGREED.smtp.slice(0, 4), ['S', '454 4.7.0 TLS not available\r\n']],
      'port PORT: refuses STARTTLS over smtp: "454 4.7.0 TLS not available": does it have a certificate? [starttls-refused]',
    ],
    [
      'turns strangers away',
      'smtp',
      [['S', '554 5.7.1 go away\r\n']],
      'port PORT: refuses this node before STARTTLS over smtp: "554 5.7.1 go away" [turned-away]',
    ],
    [
      'is shutting down',
      'smtp',
      [...AGREED.smtp.slice(0, 4), ['S', '421 4.3.2 bye\r\n']],
      'port PORT: refuses this node before STARTTLS over smtp: "421 4.3.2 bye" [turned-away]',
    ],
    [
      'has too many of us',
      'ftp',
      [['S', '421 \r\n']],
      'port PORT: refuses this node before STARTTLS over ftp: "421" [turned-away]',
    ],
    [
      'has none of its certificate',
      'imap',
      [...AGREED.imap.slice(0, 2), ['S', 'a BAD TLS support is not enabled.\r\n']],
      'port PORT: refuses STARTTLS over imap: "a BAD TLS support is not enabled.": does it have a certificate? [starttls-refused]',
    ],
    [
      'refuses the operation',
      'ldap',
      [
        ['C', LDAP_OID],
        ['S', ldapAnswer('\x02')],
      ],
      'port PORT: refuses STARTTLS over ldap: "result 2": does it have a certificate? [starttls-refused]',
    ],
    [
      'is built without it',
      'postgres',
      [
        ['C', '\x04\xd2\x16\x2f'],
        ['S', 'N'],
      ],
      'port PORT: refuses STARTTLS over postgres: "N": does it have a certificate? [starttls-refused]',
    ],
    [
      'is another server',
      'smtp',
      [['S', 'SSH-2.0-OpenSSH_9.2\r\n']],
      'port PORT: does not speak smtp: "SSH-2.0-OpenSSH_9.2": is starttls right in certificates.lineages? [starttls-not-spoken]',
    ],
    [
      'never ends a line',
      'pop3',
      [['S', 'x'.repeat(20_000)]],
      `port PORT: does not speak pop3: "${'x'.repeat(80)}": is starttls right in certificates.lineages? [starttls-not-spoken]`,
    ],
    [
      'is no LDAP server',
      'ldap',
      [
        ['C', LDAP_OID],
        ['S', 'HTTP/1.1 400 Bad Request\r\n'],
      ],
      'port PORT: does not speak ldap: "byte 72": is starttls right in certificates.lineages? [starttls-not-spoken]',
    ],
    ['hangs up', 'imap', [], 'port PORT: the connection was closed [connection-closed]'],
  ])('is told by its words: %s', async ([, starttls, script, line], { ca }) => {
    const { port } = await serveStarttls(script, null);
    const { reason } = (await look(await ca.issue(['a.test']), { port, starttls })) as {
      readonly reason: string;
    };
    expect(reason).toBe(line.replace('PORT', String(port)));
  });

  test('controls of a terminal in its words do not reach one', async ({ ca }) => {
    const { port } = await serveStarttls([['S', '554 \x1b[2Jgone\r\n']], null);
    const seen = await look(await ca.issue(['a.test']), { port, starttls: 'smtp' });
    expect(JSON.stringify(seen)).not.toContain('\x1b');
  });

  test.for([null, 'smtp'] as const)(
    'is refused, and told as a service and no web server: starttls %s',
    async (starttls, { ca }) => {
      const port = await freePort(['127.0.0.1']);
      expect(await look(await ca.issue(['a.test']), { port, starttls })).toEqual({
        kind: 'none',
        reason: `port ${port}: connection refused: is what certificates.lineages names running, and listening on this address? [connection-refused]`,
      });
    },
  );

  test('a server that begins with TLS, or says nothing, is given up with its gate', async ({ ca }) => {
    const issued = await ca.issue(['a.test']);
    const [secure, silent] = [await serveTls(issued), await mute('127.0.0.1')];
    for (const { close } of [secure, silent]) onTestFinished(close);
    for (const { port } of [secure, silent]) {
      const startedMs = performance.now();
      const seen = await look(issued, { port, starttls: 'imap' }, AbortSignal.timeout(300));
      expect(seen).toEqual({ kind: 'unknown', reason: 'no answer before the time was over [no-time-left]' });
      expect(performance.now() - startedMs).toBeLessThan(3_000);
    }
  });
});
