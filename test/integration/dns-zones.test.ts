// @module-tag slow
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { linesOf } from '../../lib/findings/words.ts';
import { findZones } from '../../lib/dns/zones.ts';
import { lackOfNamed, startNamed, type DnsServer } from '../support/dns/named.ts';

let directory: string;
let server: DnsServer;

describe.skipIf(lackOfNamed !== null)('zones', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certbot-ha-test-zones-'));
    server = await startNamed(directory, {
      zones: {
        'example.test': [
          'www A 192.0.2.1',
          '_acme-challenge.www CNAME _acme-challenge.one.other.test.',
          'sub NS ns1.sub',
          'sub NS ns2',
          'ns2 A 192.0.2.2',
          'ns2 AAAA 2001:db8::2',
          // In the place of a host, and at the top of the other zone.
          'alias CNAME other.test.',
          '_acme-challenge.loop CNAME b.example.test.',
          'b CNAME c.other.test.',
          ...Array.from({ length: 10 }, (_, index) => `far${index} CNAME far${index + 1}`),
          '_acme-challenge.far CNAME far0',
        ],
        'sub.example.test': ['@ NS ns2.example.test.'],
        // Every name without a record of its own is the web server's.
        'wild.test': ['* CNAME www', 'www A 192.0.2.1', '_acme-challenge.www CNAME a.cdn.test.'],
        'cdn.test': ['* CNAME front', 'front A 192.0.2.3'],
        'other.test': ['_acme-challenge.one CNAME MiXed.example.test.', 'c CNAME b.example.test.'],
      },
    });
  });

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function find(name: string) {
    const { signal } = new AbortController();
    const [found] = await findZones([name], { resolvers: [server.resolver], signal });
    if (found === undefined) throw new Error('no answer');
    return found.isOk ? found.zone : linesOf(found.reason).join('\n').replaceAll(server.resolver, 'SERVER');
  }

  test('finds the zone of a name by SOA, with its primary and all addresses of all its servers', async () => {
    const ns1 = { name: 'ns1.example.test', addresses: ['::1', server.address] };
    expect(await find('_acme-challenge.example.test')).toEqual({
      ...{ name: '_acme-challenge.example.test', zone: 'example.test', primary: ns1, servers: [ns1] },
    });
    expect(await find('_acme-challenge.deep.down.sub.example.test')).toMatchObject({
      zone: 'sub.example.test',
      primary: { name: 'ns1.sub.example.test' },
      servers: [
        { name: 'ns1.sub.example.test', addresses: ['::1', server.address] },
        { name: 'ns2.example.test', addresses: ['2001:db8::2', '192.0.2.2'] },
      ],
    });
  });

  test('follows CNAME records, from zone to zone', async () => {
    expect(await find('_acme-challenge.www.example.test')).toMatchObject({
      name: 'mixed.example.test',
      zone: 'example.test',
    });
  });

  test.for([
    ['of the name', '_acme-challenge.wild.test', '_acme-challenge.wild.test'],
    ['of a name below it', '_acme-challenge.a.b.wild.test', '_acme-challenge.a.b.wild.test'],
    ['where a CNAME record of its own leads', '_acme-challenge.www.wild.test', 'a.cdn.test'],
  ] as const)('follows no wildcard that is a CNAME: %s', async ([, name, place]) => {
    expect(await find(name)).toMatchObject({ name: place, zone: place.split('.').slice(-2).join('.') });
  });

  test('takes no alias above a name for a zone', async () => {
    expect(await find('_acme-challenge.alias.example.test')).toMatchObject({ zone: 'example.test' });
  });

  test.for([
    [
      'a loop',
      '_acme-challenge.loop.example.test',
      'CNAME records lead in a circle: _acme-challenge.loop.example.test -> b.example.test -> c.other.test -> b.example.test: remove one of them [dns-cname-loop]',
    ],
    [
      'too many',
      '_acme-challenge.far.example.test',
      '_acme-challenge.far.example.test: more than 8 CNAME records, one after the other: point the first at the last name [dns-cnames-too-many]',
    ],
    [
      'no answer',
      '_acme-challenge.example.org',
      '_acme-challenge.example.org: no answer about its CNAME records (REFUSED) from SERVER: try dig _acme-challenge.example.org CNAME @SERVER [dns-resolver-failed]',
    ],
  ] as const)('tells of %s', async ([, name, words]) => {
    expect(await find(name)).toBe(words);
  });

  test('finds the zones of many names, in their order, and ends with the signal', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `_acme-challenge.n${index}.example.test`);
    const options = { resolvers: [server.resolver] };
    const found = await findZones(names, { ...options, signal: new AbortController().signal });
    expect(found.map((one) => one.isOk && one.zone.name)).toEqual(names);
    const [ended] = await findZones(names, { ...options, signal: AbortSignal.abort() });
    expect(ended).toMatchObject({ isOk: false, reason: { code: 'dns-resolver-failed', error: 'CANCELLED' } });
  });
});
