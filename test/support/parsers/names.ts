import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { lineageOfConf } from '../../../lib/certbot/config-dir.ts';
import { asksByName, asksWho, otherClientsIn, renews } from '../../../lib/certbot/renews.ts';
import { isIdentifier, isKeyAuthorization, isToken } from '../../../lib/challenge/challenge.ts';
import { isLineageName, isStamp } from '../../../lib/lineage/schemas.ts';
import { isHostName, isIpAddress, normalAddress } from '../../../lib/net/address.ts';
import { mayBePublic } from '../../../lib/net/public-name.ts';
import { isReserved } from '../../../lib/net/reserved.ts';
import { layoutOf, rsyncOwner } from '../../../lib/state/layout.ts';
import { holderOf } from '../../../lib/system/lock-holder.ts';
import { mountsIn } from '../../../lib/system/mounts.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { STAMP, THUMBPRINT, TOKEN } from './samples.ts';

/** Names that travel between nodes, and what lies in directories that several programs use. */
export const NAMES: readonly Parser[] = [
  {
    what: 'a token, a key authorization and a stamp',
    share: 40,
    input: near(
      [TOKEN, `${TOKEN}.${THUMBPRINT}`, STAMP, '2028-02-29T23:59:59.999Z'],
      ['.', '-', 'T', 'Z', '02-30', '24:00'],
    ),
    holds: (text) => {
      if (isToken(text)) expect(dirname(join('/webroot', text))).toBe('/webroot');
      if (isToken(text)) expect(text).toMatch(/^[\w-]{16,128}$/);
      if (isKeyAuthorization(text, TOKEN))
        expect(text.split('.')).toMatchObject([TOKEN, /^[\w-]{43}$/.exec(text.slice(44))?.[0]]);
      if (isStamp(text)) expect(new Date(text).toISOString()).toBe(text);
    },
  },
  {
    what: 'names of lineages, files, locks and mounts',
    share: 40,
    input: near(
      [
        'www.example.test',
        '*.a.test-0001',
        'a.test.conf',
        '1234-567890-0f-4026531836-1',
        'rsync-12-AbCdEf',
        '36 35 98:0 / /mnt\\0401 rw',
      ],
      ['/', '..', '.conf', '-', 'x', '\\040', '\\777', '@', '+'],
    ),
    holds: (text) => {
      if (isLineageName(text)) {
        const { installedOf, journalOf } = layoutOf('/state');
        for (const file of [installedOf(text), journalOf(text)])
          expect(dirname(dirname(file))).toBe('/state');
      }
      const lineage = lineageOfConf(text);
      if (lineage !== null) expect(`${lineage}.conf`).toBe(text);
      expect(rsyncOwner(text) ?? 0).not.toBeNaN();
      expect(holderOf(text)?.pid ?? 0).not.toBeNaN();
      expect(mountsIn(text).every(({ place }) => typeof place === 'string')).toBe(true);
    },
  },
  {
    what: 'an identifier or an address',
    share: 40,
    input: near(
      [
        'www.example.com',
        'xn--bcher-kva.example',
        '192.0.2.1',
        '2001:db8::1',
        '::ffff:192.0.2.1',
        'fe80::1%eth0',
        'a-b_c.test.',
      ],
      ['.', ':', '::', '%', '-', '_', 'xn--', '0x7f', '127'],
    ),
    holds: (text) => {
      if (isIdentifier(text)) expect(text).toMatch(/^[\w.:-]{1,253}\.?$/);
      if (isHostName(text) && !text.endsWith('.')) expect(isIpAddress(text)).toBe(false);
      if (!isIpAddress(text)) return void mayBePublic(text);
      expect(normalAddress(normalAddress(text))).toBe(normalAddress(text));
      expect(isReserved(text)).toBe(isReserved(normalAddress(text)));
    },
  },
  {
    what: 'a command that may renew',
    input: near(
      [
        'certbot -q renew --post-hook "x"',
        'snap run certbot.renew',
        'acme.sh --cron --home /x',
        '/usr/bin/certbot-ha --x is-issuer && certbot renew',
        'lego --path /x renew',
        'dehydrated --x -c',
      ],
      ['certbot ', 'certbot-ha ', 'renew', 'acme.sh', 'lego', 'certbot-auto', '--', 'is-issuer'],
    ),
    holds: (text) => {
      expect([renews(text), asksWho(text), asksByName(text)]).not.toContain(undefined);
      expect(otherClientsIn(text).length).toBeLessThanOrEqual(5);
    },
  },
];
