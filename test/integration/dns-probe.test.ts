// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { lineOf } from '../../lib/findings/words.ts';
import { probeNameServer } from '../../lib/gate/dns-probe.ts';
import { nameServersOf } from '../../lib/gate/name-servers.ts';
import { loopbackAddresses } from '../support/cluster/addresses.ts';
import { startNameServers, type Manner } from '../support/dns/name-server.ts';
import { lackOfPort } from '../support/dns/published.ts';
import { lacking } from '../support/lacking.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const [X, Y] = ['x'.repeat(43), 'y'.repeat(43)];
const NAME = '_acme-challenge.example.test';
const SUBJECT = { identifier: 'example.test', name: NAME, zone: 'example.test', values: [X, Y] };
const JITI = 'node_modules/.bin/jiti';
const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const signal = new AbortController().signal;

describe.skipIf(lackOfPort !== null).concurrent('the probe of a name server', () => {
  test.for([
    ['well', 'served', null],
    ['cuts off', 'served', null],
    [
      'late',
      'failing',
      `has no TXT record ${NAME} (its zone has serial 7): is it told of changes (NOTIFY), and may it transfer the zone? [txt-record-missing]`,
    ],
    [
      'less',
      'failing',
      `TXT record ${NAME}: has 1 other value, not all that belong to this run: is it told of changes (NOTIFY), and may it transfer the zone? [txt-value-missing]`,
    ],
    [
      'alias',
      'failing',
      `${NAME} is a CNAME of elsewhere.test there: does this server have another version of the zone? [txt-is-alias]`,
    ],
    [
      'refuses',
      'failing',
      "refuses to answer for example.test (REFUSED): does it serve the zone? is it right that the zone's NS records name it? [name-server-refuses]",
    ],
    [
      'fails',
      'failing',
      'cannot answer for example.test (SERVFAIL): has the zone expired there, or does it not load? [name-server-fails]',
    ],
    [
      'lame',
      'failing',
      "is not authoritative for example.test: does it serve the zone? is it right that the zone's NS records name it? [name-server-lame]",
    ],
    [
      'garbage',
      'failing',
      'port 53: what answers does not speak DNS: is this the address of a name server? [name-server-no-dns]',
    ],
    [
      'silent',
      'silent',
      'port 53: no answer within 3 s: is it running? does a firewall let this node ask it by UDP? [name-server-silent]',
    ],
  ] as const)('that answers %s', async ([manner, state, words], { directory, onTestFinished }) => {
    const file = join(directory, 'records');
    await writeFile(
      file,
      `${NAME} other\n${NAME} ${X}\n${NAME} ${Y}\n`.replace(
        'other\n',
        manner === 'less' ? `${X}\n` : 'other\n',
      ),
    );
    const [server] = await startNameServers(loopbackAddresses(1), { zones: ['example.test'], file });
    if (server === undefined) throw new Error('no server');
    onTestFinished(async () => await server.close());
    server.manner = manner satisfies Manner;
    const [target] = await nameServersOf([zoneWith(server.name, [server.address])]);
    if (target === undefined) throw new Error('no target');
    const subject = manner === 'less' ? { ...SUBJECT, values: ['z'.repeat(43), Y] } : SUBJECT;
    const seen = await probeNameServer(target, subject, signal);
    expect(seen.state).toBe(state);
    expect('reason' in seen ? lineOf(seen.reason) : null).toBe(words);
  });

  // The one address that a host has without being given it: one test, one manner after the other.
  test('is asked by IPv6 as by IPv4, by UDP and by TCP', async ({ directory, onTestFinished, skip }) => {
    const file = join(directory, 'records');
    await writeFile(file, `${NAME} ${X}\n${NAME} ${Y}\n`);
    const [server] = await startNameServers(['::1'], { zones: ['example.test'], file }).catch(
      (error: NodeJS.ErrnoException) => {
        if (!['EADDRINUSE', 'EADDRNOTAVAIL'].includes(error.code ?? '')) throw error;
        return skip(lacking(`no name server can listen on ::1: ${error.code}`));
      },
    );
    if (server === undefined) throw new Error('no server');
    onTestFinished(async () => await server.close());
    const [target] = await nameServersOf([zoneWith(server.name, ['::1'])]);
    if (target === undefined) throw new Error('no target');
    expect(target.unprobed).toBeUndefined();
    for (const manner of ['well', 'cuts off'] as const) {
      server.manner = manner;
      expect(await probeNameServer(target, SUBJECT, signal)).toMatchObject({ state: 'served' });
    }
    server.manner = 'refuses';
    expect(await probeNameServer(target, SUBJECT, signal)).toMatchObject({
      reason: { code: 'name-server-refuses' },
    });
  });

  test('is not made where this host has no way to the address', async ({ directory, skip }) => {
    const script = join(directory, 'script.ts');
    await writeFile(
      script,
      `import { nameServersOf } from '${at('lib/gate/name-servers.ts')}';
      const addresses = ['2001:db8::53', '192.0.2.53', '::1', '127.0.0.1'];
      const server = { name: 'ns1.example.test', addresses };
      const targets = await nameServersOf([{ name: '${NAME}', zone: 'example.test', primary: server, servers: [server] }]);
      console.log(JSON.stringify(targets.map(({ address, unprobed }) => [address, unprobed ?? null])));`,
    );
    // A network of its own, with nothing but the loopback interface.
    const argv = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$0" "$1"', at(JITI), script];
    const { code, stdout, stderr } = await run(argv);
    if (/^unshare: /m.test(stderr)) return skip(lacking(stderr.trim()));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([
      ['2001:db8::53', 'name-server-unroutable'],
      ['192.0.2.53', 'name-server-unroutable'],
      ['::1', null],
      ['127.0.0.1', null],
    ]);
  });

  test('where nothing listens', async () => {
    const [address = ''] = loopbackAddresses(1);
    const [target] = await nameServersOf([zoneWith('ns1.example.test', [address])]);
    if (target === undefined) throw new Error('no target');
    expect(await probeNameServer(target, SUBJECT, signal)).toMatchObject({
      state: 'silent',
      reason: { code: 'connection-refused', who: 'name-server', port: 53 },
    });
  });
});

function zoneWith(name: string, addresses: readonly string[]) {
  const server = { name, addresses };
  return { name: NAME, zone: 'example.test', primary: server, servers: [server] };
}
