import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import { readKeepalived } from '../../../lib/setup/keepalived.ts';
import { createReader } from '../../../lib/setup/reader.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { runs } from '../../support/strange/runs.ts';
import { expect, test } from '../../support/temporary.ts';

const { signal } = new AbortController();

/** Reads a configuration of these files, of which keepalived.conf is the first to be read. */
async function read(
  directory: string,
  files: Readonly<Record<string, string>>,
  hostname = 'web1.example.com',
) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return await readKeepalived(join(directory, 'keepalived.conf'), { hostname, reader: createReader(signal) });
}

const instance = (inside: string) => `vrrp_instance VI_1 {\n${inside}\n}\n`;
const nothing = { interfaces: [], sources: [], peers: [], vips: [] };

describe('of a vrrp_instance', () => {
  test.for([
    [
      'addresses',
      'virtual_ipaddress {\n 192.0.2.10\n 192.0.2.9/32\n}',
      { vips: ['192.0.2.10', '192.0.2.9'] },
    ],
    [
      'what stands behind an address',
      'virtual_ipaddress {\n192.0.2.10/24 brd 192.0.2.255 dev eth0 scope global label eth0:1\n192.0.2.9 peer 192.0.2.8\n}',
      { vips: ['192.0.2.10', '192.0.2.9'] },
    ],
    ['IPv6', 'virtual_ipaddress {\n2001:db8::10/64 dev eth0 preferred_lft 0\n}', { vips: ['2001:db8::10'] }],
    [
      'those that are excluded from adverts',
      'virtual_ipaddress { 192.0.2.10 }\nvirtual_ipaddress_excluded {\n2001:db8::10\n}',
      { vips: ['192.0.2.10', '2001:db8::10'] },
    ],
    ['one twice', 'virtual_ipaddress {\n2001:db8::a\n2001:DB8:0::A\n}', { vips: ['2001:db8::a'] }],
    ['braces on the same line', 'virtual_ipaddress {192.0.2.10/24 dev eth0}', { vips: ['192.0.2.10'] }],
    ['a brace on the next line', 'virtual_ipaddress\n{\n192.0.2.10\n}', { vips: ['192.0.2.10'] }],
    [
      'peers, and their options',
      'unicast_peer {\n192.0.2.12 min_ttl 5 max_ttl 6\n2001:db8::12\n}',
      { peers: ['192.0.2.12', '2001:db8::12'] },
    ],
    ['its own address', 'unicast_src_ip 192.0.2.11', { sources: ['192.0.2.11'] }],
    ['its interface', 'interface eth0\ntrack_interface {\neth1\n}', { interfaces: ['eth0'] }],
    [
      'comments',
      '# unicast_src_ip 192.0.2.1\n! unicast_src_ip 192.0.2.1\nunicast_src_ip 192.0.2.11 # or 192.0.2.1\nvirtual_ipaddress { ! here\n192.0.2.10 !192.0.2.9\n}',
      { sources: ['192.0.2.11'], vips: ['192.0.2.10'] },
    ],
    [
      'what begins no comment in quotes',
      'notify "/usr/bin/mail -s \'moved! {\' #1"\nunicast_src_ip 192.0.2.11',
      { sources: ['192.0.2.11'] },
    ],
    [
      'a quote without its end',
      "notify /bin/it's\nvirtual_ipaddress {\n192.0.2.10\n}",
      { vips: ['192.0.2.10'] },
    ],
    ['Windows line ends', 'virtual_ipaddress {\r\n192.0.2.10/24\r\n}\r', { vips: ['192.0.2.10'] }],
    ['what is no address', 'virtual_ipaddress {\nweb.example.com\n192.0.2.300\n}\nunicast_src_ip eth0', {}],
    ['nothing', '', {}],
  ] as const)('reads %s', async ([, inside, expected], { directory }) => {
    const { instances, unreadable } = await read(directory, { 'keepalived.conf': instance(inside) });
    expect(instances).toEqual([{ ...nothing, ...expected }]);
    expect(unreadable).toEqual([]);
  });

  test('reads each of several, and nothing of other blocks', async ({ directory }) => {
    const text =
      'global_defs {\n router_id one\n}\nvirtual_server 192.0.2.99 80 {\n real_server 192.0.2.98 80 { weight 1 }\n}\n' +
      'vrrp_instance A { interface eth0\n virtual_ipaddress { 192.0.2.10 } }\n' +
      'vrrp_sync_group G { group {\nA\nB\n}\n}\n' +
      'vrrp_instance B\n{\ninterface eth1\nvirtual_ipaddress {\n198.51.100.10\n}\n}\n';
    const { instances } = await read(directory, { 'keepalived.conf': text });
    expect(instances).toEqual([
      { ...nothing, interfaces: ['eth0'], vips: ['192.0.2.10'] },
      { ...nothing, interfaces: ['eth1'], vips: ['198.51.100.10'] },
    ]);
  });

  test.for([
    [
      'missing',
      'vrrp_instance A {\nvirtual_ipaddress {\n192.0.2.10\n\nvrrp_instance B {\nvirtual_ipaddress {\n192.0.2.9\n}\n}',
    ],
    [
      'too many',
      '}\n}}\nvrrp_instance A {\nvirtual_ipaddress {\n192.0.2.10\n}\n}\n}\nvrrp_instance B {\nvirtual_ipaddress {\n192.0.2.9\n}\n}',
    ],
  ] as const)('finds the addresses where a brace is %s', async ([, text], { directory }) => {
    const { instances } = await read(directory, { 'keepalived.conf': text });
    expect(new Set(instances.flatMap(({ vips }) => vips))).toEqual(new Set(['192.0.2.10', '192.0.2.9']));
  });
});

describe('what is for this host alone', () => {
  const SHARED = instance(
    '@web1 unicast_src_ip 192.0.2.11\n@web2 unicast_src_ip 192.0.2.12\n' +
      'unicast_peer {\n@^web1 192.0.2.11\n @^web2 192.0.2.12\n}',
  );

  test.for([
    ['web1.example.com', '192.0.2.11', ['192.0.2.12']],
    ['web2', '192.0.2.12', ['192.0.2.11']],
  ] as const)('is read on %s', async ([hostname, source, peers], { directory }) => {
    const { instances } = await read(directory, { 'keepalived.conf': SHARED }, hostname);
    expect(instances).toEqual([{ ...nothing, sources: [source], peers }]);
  });

  test('may define a parameter, of one line or several', async ({ directory }) => {
    const text =
      '$NET=198.51.100\n@web1 $NET=192.0.2\n@web2 $NET=203.0.113\n$VIP=${NET}.10\n' +
      '$INSTANCE= \\\nvrrp_instance VI_${NUM} { \\\n  interface eth${NUM} \\\n virtual_ipaddress { ${VIP}${NUM}/24 \\\n } \\\n}\n' +
      '$NUM=0\n$INSTANCE\n$NUM=1\n$INSTANCE\n';
    const { instances } = await read(directory, { 'keepalived.conf': text });
    expect(instances).toEqual([
      { ...nothing, interfaces: ['eth0'], vips: ['192.0.2.100'] },
      { ...nothing, interfaces: ['eth1'], vips: ['192.0.2.101'] },
    ]);
  });

  test('leaves a parameter that nobody defines as it is', async ({ directory }) => {
    const text = instance('notify "/bin/x ${WHAT}"\nvirtual_ipaddress {\n${NET}.10\n192.0.2.10\n}');
    expect((await read(directory, { 'keepalived.conf': text })).instances).toEqual([
      { ...nothing, vips: ['192.0.2.10'] },
    ]);
  });
});

describe('include', () => {
  const one = (vip: string) => instance(`virtual_ipaddress {\n${vip}\n}`);

  test.for([
    ['a name', 'include conf.d/a.conf', ['192.0.2.1']],
    ['a glob', 'include conf.d/*.conf', ['192.0.2.1', '192.0.2.2']],
    ['a glob for directories', 'include */?.conf', ['192.0.2.1', '192.0.2.2']],
    ['a range', 'include conf.d/[^a].conf # not that', ['192.0.2.2']],
    ['alternatives', 'include {conf.d/{b,a},nowhere}.conf', ['192.0.2.1', '192.0.2.2']],
    ['quotes', 'include "conf.d/b.conf"', ['192.0.2.2']],
    ['a variant that complains', 'includer conf.d/b.conf', ['192.0.2.2']],
    ['what is not there', 'include nowhere/*\ninclude none.conf', []],
    [
      'what no file can be called',
      `include ${'x'.repeat(300)}.conf\ninclude ${'é'.repeat(200)}.conf\ninclude ${'a/'.repeat(3000)}*`,
      [],
    ],
    ['a range that is none', 'include conf.d/[z-a].conf', []],
    ['directories among the files', 'include *', ['192.0.2.3']],
  ] as const)('reads %s', async ([, line, vips], { directory }) => {
    const files = {
      'keepalived.conf': `${line}\n`,
      'conf.d/a.conf': one('192.0.2.1'),
      'conf.d/b.conf': one('192.0.2.2'),
      'conf.d/.hidden.conf': one('192.0.2.9'),
      'z.conf': one('192.0.2.3'),
    };
    const { instances, unreadable } = await read(directory, files);
    expect([...new Set(instances.flatMap((found) => found.vips))]).toEqual(vips);
    expect(unreadable).toEqual([]);
  });

  test.for([
    ['for this host', '@web1 include conf.d/a.conf\n@web2 include conf.d/b.conf', ['192.0.2.1']],
    ['whose name has a parameter', '$DIR=conf.d\ninclude ${DIR}/b.conf', ['192.0.2.2']],
    [
      'that a parameter makes',
      '$BOTH= \\\ninclude conf.d/a.conf \\\ninclude conf.d/b.conf\n$BOTH',
      ['192.0.2.1', '192.0.2.2'],
    ],
  ] as const)('may be one %s', async ([, text, vips], { directory }) => {
    const files = {
      'keepalived.conf': `${text}\n`,
      'conf.d/a.conf': one('192.0.2.1'),
      'conf.d/b.conf': one('192.0.2.2'),
    };
    const { instances } = await read(directory, files);
    expect(instances.flatMap((found) => found.vips)).toEqual(vips);
  });

  test('starts from the directory of the file that it is in, within a block too', async ({ directory }) => {
    const files = {
      'keepalived.conf': 'include sites/main.conf\n',
      'sites/main.conf': instance('include vips.d/*\ninterface eth0'),
      'sites/vips.d/1': 'virtual_ipaddress { 192.0.2.10 }\n',
    };
    expect((await read(directory, files)).instances).toEqual([
      { ...nothing, interfaces: ['eth0'], vips: ['192.0.2.10'] },
    ]);
  });

  test('of itself ends', async ({ directory }) => {
    const { instances } = await read(directory, { 'keepalived.conf': `${one('192.0.2.1')}include *.conf\n` });
    expect(instances.length).toBeGreaterThan(0);
  });

  test.for([
    ['twice in itself, on lines of its own', '$A=${A}\\\n${A}\\\n${A}\n$A\n'],
    [
      'of others that double each time',
      `$A0=${'x'.repeat(60)}\n${Array.from({ length: 30 }, (_, at) => `$A${at + 1}=\${A${at}}\${A${at}}\n`).join('')}$A30\n`,
    ],
    ['often in a line', `$A=${'x'.repeat(60_000)}\n${'${A}'.repeat(16_000)}\n`],
    [
      'a name with many alternatives',
      `include {${'a,'.repeat(99)}}{${'b,'.repeat(99)}}{${'c,'.repeat(99)}}{${'d,'.repeat(99)}}\n`,
    ],
  ] as const)('of a parameter that is %s ends soon', async ([, text], { directory }) => {
    expect((await read(directory, { 'keepalived.conf': text })).unreadable).toEqual([]);
  });

  test('of a parameter in itself ends', async ({ directory }) => {
    const text = `$A=\${A}\${A}\${A} x\n$A\n$B=$C \n$C=$B \n$B \n${one('192.0.2.1')}`;
    expect((await read(directory, { 'keepalived.conf': text })).instances).toHaveLength(1);
  });
});

test('no configuration is no instance', async ({ directory }) => {
  expect(await read(join(directory, 'none'), {})).toEqual({ instances: [], unreadable: [] });
});

test.for(NO_FILES)('%s is told', async (kind, { directory }) => {
  const file = join(directory, 'keepalived.conf');
  await putNoFile(kind, file);
  const { instances, unreadable } = await read(directory, {});
  expect(instances).toEqual([]);
  expect(unreadable).toEqual([{ code: 'keepalived-unreadable', file, error: expect.any(String) }]);
});

test('whatever stands there, it is read to its end', async ({ directory }) => {
  const piece = fc.constantFrom(
    ...[
      'vrrp_instance A',
      '{',
      '}',
      '\n',
      ' ',
      '"',
      "'",
      '\\',
      '#',
      '!',
      '@web1 ',
      '@^',
      '$A=',
      '${A}',
      '$A ',
    ],
    ...['include *', 'virtual_ipaddress', '192.0.2.10/24', '{a,{b', '[', '\r\n', '\0', '~SEQ(A,1,9)'],
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(text, async (words) => {
      const { instances } = await read(directory, { 'keepalived.conf': words });
      for (const { vips } of instances) expect(vips.filter((vip) => vip !== '192.0.2.10')).toEqual([]);
    }),
    runs(100),
  );
});
