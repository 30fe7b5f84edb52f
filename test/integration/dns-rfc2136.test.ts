// @module-tag slow
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startPublishing } from '../../lib/batch/publishing.ts';
import { recordOf } from '../../lib/challenge/dns-01.ts';
import { publisherBy, refusalOf } from '../support/contracts/publisher.ts';
import { lackOfKnot, startKnotd } from '../support/dns/knotd.ts';
import { lackOfNamed, startNamed } from '../support/dns/named.ts';
import { makeTsigKey } from '../support/dns/tsig-key.ts';
import { expect, test as base } from '../support/temporary.ts';

const record = recordOf({ identifier: 'example.test', value: 'v'.repeat(43) });
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

interface Updates {
  /** What a publisher with these settings says, an ADDRESS and a PORT for the server's. */
  refusalBy(settings?: object, env?: NodeJS.ProcessEnv): Promise<string>;
  readonly port: number;
  readonly directory: string;
  readonly zoneFile: string;
}

const test = base.extend<{ updates: Updates }>({
  updates: async ({ directory }, use) => {
    const [key, other] = [await makeTsigKey(directory), await makeTsigKey(directory, { name: 'other' })];
    const named = await startNamed(join(directory, 'named'), {
      zones: { 'example.test': [], 'closed.test': [] },
      statements: `${key.statement}${other.statement}`,
      inZone: `update-policy { grant ${key.name} zonesub TXT; };`,
    });
    await use({
      port: named.port,
      directory,
      zoneFile: join(directory, 'named', 'example.test.zone'),
      refusalBy: async (settings = {}, env = process.env) => {
        const { port, resolver } = named;
        const dns = { provider: 'rfc2136', keyFile: key.file, port, resolvers: [resolver], ...settings };
        const said = await refusalOf(await publisherBy(dns, {}, env), record);
        return said.replaceAll(String(port), 'PORT');
      },
    });
    await named.close();
  },
});

/** A key of this name that the server has not made. */
async function strangeKey(directory: string, name: string): Promise<string> {
  const { file, statement } = await makeTsigKey(directory, { name: `strange-${name}` });
  await writeFile(file, statement.replace(`strange-${name}`, name));
  return file;
}

describe.skipIf(lackOfNamed !== null)('updates', () => {
  const SERVER = 'ns1.example.test (127.0.0.1)';

  test('a key that the server does not know', async ({ updates }) => {
    const keyFile = await strangeKey(updates.directory, 'nobodys');
    expect(await updates.refusalBy({ keyFile })).toBe(
      `${SERVER}: does not know the key nobodys with hmac-sha256 (BADKEY): name and algorithm have to be as they are there; Knot says so too where no acl lets it update example.test [dns-key-unknown]`,
    );
  });

  test('another secret under the same name', async ({ updates }) => {
    const keyFile = await strangeKey(updates.directory, 'certbot-ha');
    expect(await updates.refusalBy({ keyFile })).toBe(
      `${SERVER}: has another secret for the key certbot-ha (BADSIG): copy the key from the server's configuration again [dns-key-differs]`,
    );
  });

  test.skipIf(lackOfKnot !== null)(
    'a server whose clock is an hour ahead',
    async ({ updates, directory }) => {
      const key = await makeTsigKey(directory, { name: 'third' });
      const env = {
        ...process.env,
        LD_PRELOAD: FAKETIME,
        FAKETIME: '+1h',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      };
      const knotd = await startKnotd(join(directory, 'knot'), { 'example.test': [] }, key, env);
      const said = await updates.refusalBy({ keyFile: key.file, port: knotd.port });
      await knotd.close();
      expect(said).toBe(
        `${SERVER}: its clock and this host's differ by more than 5 minutes (BADTIME): set both by NTP [dns-clock-differs]`,
      );
    },
  );

  test('a key that may not write there', async ({ updates }) => {
    expect(await updates.refusalBy({ keyFile: join(updates.directory, 'other.key') })).toBe(
      `${SERVER}: refuses an update of example.test by the key other (REFUSED): allow it there, in BIND by update-policy [dns-update-refused]`,
    );
  });

  test('a server of other zones', async ({ updates, directory }) => {
    const key = await makeTsigKey(directory, { name: 'third' });
    const elsewhere = await startNamed(join(directory, 'elsewhere'), {
      zones: { 'other.test': [] },
      statements: key.statement,
    });
    const { port } = elsewhere;
    const said = await updates.refusalBy({ keyFile: key.file, server: '127.0.0.1', port });
    await elsewhere.close();
    expect(said).toBe(
      '127.0.0.1 (127.0.0.1): takes no updates of example.test (NOTAUTH): is it the primary of that zone? Another one is named by dns.server [dns-not-primary]',
    );
  });

  test('a server that cannot write', async ({ updates }) => {
    // In the place of the journal that the first update makes.
    await writeFile(`${updates.zoneFile}.jnl`, 'no journal of BIND');
    expect(await updates.refusalBy()).toBe(
      `${SERVER}: failed to update example.test (SERVFAIL): its log tells why; may it write the zone's directory? [dns-server-failed]`,
    );
  });

  test('no server on that port', async ({ updates }) => {
    expect(await updates.refusalBy({ port: 1 })).toBe(
      `${SERVER}: no answer on port 1, UDP and TCP (connection refused): another server is named by dns.server [dns-server-silent]`,
    );
  });

  test('a server that no datagram reaches is asked by a connection', async ({ updates }) => {
    const through = createServer((socket) => {
      const there = connect(updates.port, '127.0.0.1');
      for (const [one, other] of [
        [socket, there],
        [there, socket],
      ] as const)
        one.on('error', () => other.destroy()).pipe(other);
    });
    through.listen(0, '127.0.0.1');
    await once(through, 'listening');
    const address = through.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await updates.refusalBy({ port })).toBe('published');
    through.close();
  });

  test('a server that says nothing, until the time is over', async ({ updates }) => {
    const mute = createSocket('udp4').bind(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address();
    const started = performance.now();
    const said = await updates.refusalBy({ port, timeout: 1 });
    mute.close();
    expect(said).toBe(
      `${SERVER}: no answer on port ${port}, UDP and TCP (timed out): another server is named by dns.server [dns-server-silent]`,
    );
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('a server without an address, and one without the program', async ({ updates }) => {
    expect(await updates.refusalBy({ server: 'nobody.invalid' })).toBe(
      'nobody.invalid: has no address, and updates of example.test go there: another server is named by dns.server [dns-primary-unresolved]',
    );
    expect(await updates.refusalBy({}, { PATH: updates.directory })).toBe(
      'nsupdate is not installed: apt-get install bind9-dnsutils, or dnf install bind-utils [dns-nsupdate-missing]',
    );
  });

  test.for([
    ['no datagram was answered', '* -u*', 'timed out', false],
    ['its other address said nothing', '::1 *', 'timed out', false],
    ['its other address could not be reached', '::1 *', 'network unreachable', true],
  ] as const)(
    'a server that refuses an update may have carried it out before: %s',
    async ([, silentAt, error, isNowhere], { directory }) => {
      const named = await startNamed(join(directory, 'zones'), {
        zones: { 'example.test': ['ns1 AAAA ::1'] },
      });
      const script = `#!/bin/sh
read -r _; read -r _ address _
case "$address $*" in
  $SILENT_AT) echo "; Communication with $address#53 failed: $ERROR" ;;
  *) echo 'update failed: REFUSED' ;;
esac >&2
exit 1
`;
      await writeFile(join(directory, 'nsupdate'), script, { mode: 0o755 });
      const { file: keyFile } = await makeTsigKey(directory, { name: 'fourth' });
      const dns = { provider: 'rfc2136', keyFile, resolvers: [named.resolver] };
      const env = { PATH: `${directory}:/usr/bin:/bin`, SILENT_AT: silentAt, ERROR: error };
      const { signal } = new AbortController();
      const publishing = startPublishing(await publisherBy(dns, {}, env), [record], { signal });
      const outcome = await publishing.outcomeOf(new Set([record.name]));
      await named.close();
      expect(outcome).toMatchObject({ reason: { code: 'dns-update-refused' } });
      expect(publishing.isNowhere(record)).toBe(isNowhere);
    },
  );

  test('a file that others may read', async ({ updates }) => {
    const keyFile = join(updates.directory, 'other.key');
    await chmod(keyFile, 0o640);
    await expect(updates.refusalBy({ keyFile })).rejects.toThrow(
      `${keyFile}: mode is 0640, expected 0600 or less: chmod 600 ${keyFile} [dns-file-open]`,
    );
  });
});
