// @module-tag slow
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe } from 'vitest';
import { readKeyFile } from '../../../lib/channel/key-file.ts';
import { loadConfig } from '../../../lib/cluster/config.ts';
import { initCluster, type InitIo, type InitOptions } from '../../../lib/setup/init.ts';
import { joinCluster, setUpOf } from '../../../lib/setup/join.ts';
import { getentIs } from '../../support/programs/getent.ts';
import { putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const GETENT = `case $1 in group) echo "certbot-ha:x:${process.getgid?.() ?? 0}:";; *) exit 2;; esac`;
const KEEPALIVED = `vrrp_instance VI_1 {
  unicast_src_ip 192.0.2.11
  unicast_peer {
    192.0.2.12
  }
  virtual_ipaddress {
    192.0.2.10/24 dev eth0
  }
}
`;
const KEY = /\b[0-9a-f]{64}\b/i;
const NOTHING_GIVEN = {
  ...{
    nodes: undefined,
    vips: undefined,
    webroot: ['/srv/acme'],
    webServer: ['nginx'],
    transport: undefined,
  },
};
const machineAt = (...addresses: readonly string[]) => ({
  ...{ hostname: 'web1.example.com', addresses, lookUp: async () => await Promise.resolve([]) },
});
const WEB1 = machineAt('192.0.2.11');
const WEB2 = { ...machineAt('192.0.2.12'), hostname: 'web2' };

/** Pieces of a key in whatever an error may show, its causes too. */
function partsShown(error: unknown, key: string): readonly string[] {
  const { message, hint, stack, cause } = error as Readonly<Record<string, unknown>>;
  const shown = [message, hint, stack].map(String).join('\n');
  const parts = Array.from({ length: key.length - 15 }, (_, at) => key.slice(at, at + 16));
  const here = parts.filter((part) => shown.includes(part));
  return cause instanceof Error ? [...here, ...partsShown(cause, key)] : here;
}

/** A host with keepalived's configuration, and what is said there. */
async function host(directory: string) {
  await getentIs(directory, GETENT);
  await writeFile(join(directory, 'keepalived.conf'), KEEPALIVED);
  const said: string[] = [];
  const file = join(directory, 'etc', 'config.yaml');
  const io: InitIo = {
    env: { PATH: directory, CERTBOT_HA_CONFIG: file },
    out: (line) => void said.push(line),
    err: (line) => void said.push(line),
    ask: null,
    root: directory,
    signal: new AbortController().signal,
    machine: WEB1,
    interfaces: [{ address: '192.0.2.11', cidr: '192.0.2.11/24', interface: 'eth0' }],
    look: async () => await Promise.resolve('web2.example.com'),
  };
  const options = { given: NOTHING_GIVEN, isForced: false, isDryRun: false, isStarted: false };
  const init = async (of: Partial<InitOptions> = {}, more: Partial<InitIo> = {}) =>
    await initCluster(
      { ...options, keepalived: join(directory, 'keepalived.conf'), ...of },
      { ...io, ...more },
    );
  return { file, keyFile: join(directory, 'etc', 'cluster.key'), io, said, init };
}

describe('init', () => {
  test('writes what it has found, and says what comes next', async ({ directory }) => {
    const { file, keyFile, said, init } = await host(directory);
    await init();
    const config = loadConfig(file);
    expect(config.nodes.map(({ name, address }) => `${name}=${address}`)).toEqual([
      'web1=192.0.2.11',
      'web2=192.0.2.12',
    ]);
    expect(config).toMatchObject({ vips: ['192.0.2.10'], agent: { keyFile }, webServer: { kind: 'nginx' } });
    expect(readKeyFile(keyFile).all).toHaveLength(1);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o640);
    const ha = `certbot-ha --config ${file} init`;
    expect(said).toContain('  # no timer and no cron job of this node runs certbot renew [nobody-renews]');
    expect(said).toContain(`  ${ha} --export | ssh root@192.0.2.12 ${ha} --join   # web2`);
    expect(said.join('\n')).not.toMatch(KEY);
  });

  test('without a change does nothing, and with one replaces nothing but by force', async ({ directory }) => {
    const { file, keyFile, said, init } = await host(directory);
    await init();
    const before = [await readFile(file, 'utf8'), await readFile(keyFile, 'utf8')];
    await init();
    const given = { ...NOTHING_GIVEN, vips: ['192.0.2.9'] };
    for (const isDryRun of [true, false]) {
      await expect(init({ given, isDryRun })).rejects.toMatchObject({
        findings: [{ code: 'files-differ', files: [file] }],
      });
    }
    expect([await readFile(file, 'utf8'), await readFile(keyFile, 'utf8')]).toEqual(before);
    said.length = 0;
    await init({ given, isForced: true });
    expect(said.join('\n')).toContain('init --join --force ');
    expect(said).toContain('  systemctl restart certbot-ha-agent');
    expect(loadConfig(file).vips).toEqual(['192.0.2.9']);
    // The other nodes have the key.
    expect(await readFile(keyFile, 'utf8')).toBe(before[1]);
    const kept = (await readdir(join(directory, 'etc'))).find((name) =>
      name.startsWith('config.yaml.before-'),
    );
    expect(await readFile(join(directory, 'etc', kept ?? ''), 'utf8')).toBe(before[0]);
  });

  test('by force keeps the key that is where the configuration before has it', async ({ directory }) => {
    const { file, keyFile, init } = await host(directory);
    const elsewhere = join(directory, 'secrets', 'key');
    await mkdir(join(directory, 'secrets'));
    await mkdir(join(directory, 'etc'));
    await writeFile(elsewhere, 'ab'.repeat(32), { mode: 0o640 });
    for (const more of ['', 'vipz: []\n']) {
      await writeFile(file, `nodes: {web1: 192.0.2.11}\n${more}agent: {keyFile: ${elsewhere}}\n`);
      await init({ isForced: true });
      expect(loadConfig(file).agent.keyFile).toBe(elsewhere);
      expect(await readFile(elsewhere, 'utf8')).toBe('ab'.repeat(32));
      await expect(stat(keyFile)).rejects.toMatchObject({ code: 'ENOENT' });
      for (const name of await readdir(join(directory, 'etc'))) await rm(join(directory, 'etc', name));
    }
  });

  test.for([
    ['is no YAML, and has a word of its key', '{agent: keyFile: /srv/key', 'not-yaml'],
    ['is a directory', null, 'configuration-unreadable'],
    ['leads nowhere', undefined, 'configuration-missing'],
  ] as const)('by force replaces no configuration that %s', async ([, text, code], { directory }) => {
    const { file, init } = await host(directory);
    await mkdir(join(directory, 'etc'));
    if (text === null) await mkdir(file);
    else if (text === undefined) await symlink('/nowhere/config.yaml', file);
    else await writeFile(file, text);
    await expect(init({ isForced: true })).rejects.toMatchObject({
      ...{ findings: [{ code }], hint: expect.stringContaining(file) },
    });
    expect(await readdir(join(directory, 'etc'))).toEqual(['config.yaml']);
  });

  test('by force replaces what is no configuration', async ({ directory }) => {
    const { file, keyFile, init } = await host(directory);
    await mkdir(join(directory, 'etc'));
    await writeFile(file, '{');
    await init({ isForced: true });
    expect(loadConfig(file).agent.keyFile).toBe(keyFile);
  });

  test('by force keeps a key that others may read, takes that right away, and says so', async ({
    directory,
  }) => {
    const { keyFile, said, init } = await host(directory);
    await init();
    const key = await readFile(keyFile, 'utf8');
    await chmod(keyFile, 0o644);
    await expect(init()).rejects.toMatchObject({ findings: [{ code: 'key-file-open' }] });
    said.length = 0;
    await init({ isForced: true });
    expect(await readFile(keyFile, 'utf8')).toBe(key);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o640);
    expect(said[0]).toContain('mode is 0644');
    expect(said).toContain(`mode, owner and group set: ${keyFile}`);
    expect(said.join('\n')).not.toContain(key.slice(0, 16));
  });

  test('names the file of keepalived that is not there', async ({ directory }) => {
    const { said, init } = await host(directory);
    const keepalived = join(directory, 'typo.conf');
    await expect(init({ keepalived })).rejects.toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ code: 'setting-missing' })]),
    });
    expect(said).toEqual([`${keepalived}: no such file [keepalived-missing]`]);
    const given = { ...NOTHING_GIVEN, nodes: ['web1=192.0.2.11'], vips: ['none'], webroot: ['/srv/acme'] };
    await init({ keepalived, given });
    expect(said.slice(1).join('\n')).not.toContain(keepalived);
  });

  test('names the peers that it has left out', async ({ directory }) => {
    const { file, said, init } = await host(directory);
    const second = KEEPALIVED.replaceAll('192.0.2.', '198.51.100.');
    await writeFile(join(directory, 'keepalived.conf'), `${KEEPALIVED}${second}`);
    await init();
    expect(said[0]).toMatch(/taken 192\.0\.2\.12; left out, .*: 198\.51\.100\.12/);
    expect(loadConfig(file).nodes).toHaveLength(2);
  });

  test.for([
    ['it is another one', 'web2', ['192.0.2.11'], 'node-elsewhere'],
    ['nothing says so', 'web2', ['203.0.113.5'], null],
    ['several are here', 'web2', ['192.0.2.11', '192.0.2.12'], null],
    ['several are here, and none is named', '', ['192.0.2.11', '192.0.2.12'], 'node-ambiguous'],
  ] as const)(
    'of the node that the environment names, where %s',
    async ([, name, addresses, code], { directory }) => {
      const { file, io, said, init } = await host(directory);
      const machine = { ...machineAt(...addresses), hostname: 'somewhere' };
      const given = { ...NOTHING_GIVEN, nodes: ['web1=192.0.2.11', 'web2=192.0.2.12'] };
      const run = init({ given }, { env: { ...io.env, CERTBOT_HA_NODE: name }, machine });
      if (code === null) {
        await run;
        expect(said.join('\n')).toContain('Environment=CERTBOT_HA_NODE=web2');
        expect(said.join('\n')).toContain(`Environment=CERTBOT_HA_CONFIG=${file}`);
      } else {
        await expect(run).rejects.toMatchObject({
          findings: [{ code }],
          hint: expect.stringContaining('CERTBOT_HA_NODE'),
        });
      }
    },
  );

  test('asks nobody where a configuration is there', async ({ directory }) => {
    const { file, init } = await host(directory);
    await init();
    const ask = async () => await Promise.reject(new Error('somebody was asked'));
    await expect(init({}, { ask })).rejects.toMatchObject({
      findings: [{ code: 'files-differ', files: [file] }],
    });
  });

  test('--start alone keeps the configuration that is there, whatever was changed in it', async ({
    directory,
  }) => {
    const { file, said, init, io } = await host(directory);
    await init();
    await writeFile(file, `${await readFile(file, 'utf8')}\ngate: { timeout: 90 }\n`);
    const nothing = { ...NOTHING_GIVEN, webroot: undefined, webServer: undefined };
    const ask = async () => await Promise.reject(new Error('somebody was asked'));
    said.length = 0;
    await init({ given: nothing, isStarted: true, isDryRun: true }, { ...io, ask });
    expect(said[0]).toBe(`kept: ${file}`);
    expect(said.join('\n')).toContain('would run systemctl enable --now certbot-ha-agent ');
    for (const who of [{ ask }, {}])
      await expect(init({ given: nothing }, who)).rejects.toMatchObject({
        findings: [{ code: 'files-differ' }],
        hint: expect.stringContaining('this node is set up'),
      });
  });

  test('shows what it would write, without the key, and writes nothing', async ({ directory }) => {
    const { file, said, init } = await host(directory);
    await init({ isDryRun: true });
    expect(said).toContain(`would write ${file}:`);
    expect(said).toContain('    web2: 192.0.2.12');
    expect(said).toContain('renewals on this node:');
    expect(said.join('\n')).not.toMatch(KEY);
    expect(said.join('\n')).not.toContain('would run');
    await init({ isDryRun: true, isStarted: true });
    expect(said.join('\n')).toContain('would run systemctl enable --now certbot-ha-agent ');
    expect(await readdir(directory)).not.toContain('etc');
  });

  test.for([
    [
      'this host is none of the nodes',
      { given: { ...NOTHING_GIVEN, nodes: ['a=192.0.2.21', 'b=192.0.2.22'] } },
      'node-unknown',
    ],
    ['an address is given twice', { given: { ...NOTHING_GIVEN, vips: ['192.0.2.12'] } }, 'address-twice'],
    ['nothing decides', { keepalived: '/nowhere/keepalived.conf' }, 'setting-missing'],
  ] as const)('writes nothing where %s', async ([, of, code], { directory }) => {
    const { init } = await host(directory);
    await expect(init(of)).rejects.toMatchObject({
      exitCode: 2,
      findings: expect.arrayContaining([expect.objectContaining({ code })]),
    });
    expect(await readdir(directory)).not.toContain('etc');
  });

  test.for([
    ['a VIP that neither keepalived nor an interface has', '192.0.2.99', true],
    ['no VIP of keepalived’s', '192.0.2.10', false],
    ['no address of this host', '192.0.2.11', false],
  ] as const)('warns of %s', async ([, vip, isTold], { directory }) => {
    const { said, init } = await host(directory);
    const nodes = ['web1=192.0.2.21', 'web2=192.0.2.12'];
    const given = { ...NOTHING_GIVEN, nodes, vips: [vip] };
    await init(
      { given },
      {
        env: {
          PATH: directory,
          CERTBOT_HA_NODE: 'web1',
          CERTBOT_HA_CONFIG: join(directory, 'etc/config.yaml'),
        },
      },
    );
    const told = `VIP ${vip}: not in the configuration of keepalived, which has 192.0.2.10, and on no interface here [vip-not-in-keepalived]`;
    expect(said.includes(told)).toBe(isTold);
    expect(said.join('\n').includes('vip-not-in-keepalived')).toBe(isTold);
  });

  test('does not say what keepalived has not, where a part of its configuration cannot be read', async ({
    directory,
  }) => {
    const { said, init } = await host(directory);
    await writeFile(join(directory, 'keepalived.conf'), `${KEEPALIVED}include more.conf\n`);
    await putNoFile('pipe', join(directory, 'more.conf'));
    const given = { ...NOTHING_GIVEN, nodes: ['web1=192.0.2.11', 'web2=192.0.2.12'], vips: ['192.0.2.99'] };
    await init({ given });
    expect(said.join('\n')).not.toContain('vip-not-in-keepalived');
  });

  test('refuses a webroot that is a file', async ({ directory }) => {
    const { init } = await host(directory);
    const webroot = join(directory, 'getent');
    await expect(init({ given: { ...NOTHING_GIVEN, webroot: [webroot] } })).rejects.toMatchObject({
      message: `--webroot: expected a directory, got "${webroot}" [usage]`,
    });
    expect(await readdir(directory)).not.toContain('etc');
  });

  test('writes nothing without the group of the agent, or after an interruption', async ({ directory }) => {
    const { init } = await host(directory);
    await expect(init({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      findings: [{ code: 'set-up-interrupted' }],
    });
    await getentIs(directory, 'exit 2');
    await expect(init()).rejects.toMatchObject({
      findings: [{ code: 'group-missing', group: 'certbot-ha' }],
    });
    expect(await readdir(directory)).not.toContain('etc');
  });
});

describe('join', () => {
  /** A second host, with a directory of its own for what the first one names. */
  async function pair(directory: string) {
    const first = await host(directory);
    await first.init();
    const there = join(directory, 'there');
    const handover = setUpOf(first.io.env).replaceAll(join(directory, 'etc'), there);
    const said: string[] = [];
    const io = {
      env: { PATH: directory, CERTBOT_HA_CONFIG: join(there, 'config.yaml') },
      root: directory,
      out: (line: string) => void said.push(line),
      err: (line: string) => void said.push(line),
      machine: WEB2,
    };
    const joinHere = async (
      of: { isForced?: boolean; isDryRun?: boolean; isStarted?: boolean } = {},
      text = handover,
      machine = WEB2,
      { signal } = new AbortController(),
    ) =>
      await joinCluster(
        text,
        { isForced: false, isDryRun: false, isStarted: false, ...of },
        { ...io, machine, signal },
      );
    return { first, there, handover, said, joinHere };
  }

  test('puts the same key and configuration in place, twice as well', async ({ directory }) => {
    const { first, there, said, joinHere } = await pair(directory);
    await joinHere({ isDryRun: true, isStarted: true });
    expect(said.join('\n')).toContain('would run systemctl enable --now certbot-ha-agent ');
    expect(await readdir(directory)).not.toContain('there');
    await joinHere();
    await joinHere();
    expect(await readFile(join(there, 'cluster.key'), 'utf8')).toBe(await readFile(first.keyFile, 'utf8'));
    expect((await stat(join(there, 'cluster.key'))).mode & 0o777).toBe(0o640);
    expect(loadConfig(join(there, 'config.yaml')).nodes).toEqual(loadConfig(first.file).nodes);
    expect(said).toContain('this node is web2 (192.0.2.12)');
    expect(said.filter((line) => line === 'renewals on this node:')).toHaveLength(3);
    expect(said.join('\n')).not.toMatch(KEY);
  });

  test('replaces another key or configuration by force alone', async ({ directory }) => {
    const { first, there, said, joinHere } = await pair(directory);
    await mkdir(there);
    await writeFile(join(there, 'cluster.key'), 'f'.repeat(64), { mode: 0o600 });
    await expect(joinHere()).rejects.toMatchObject({
      findings: [{ code: 'files-differ', files: [join(there, 'cluster.key')] }],
    });
    expect(await readdir(there)).toEqual(['cluster.key']);
    await joinHere({ isForced: true });
    expect(await readFile(join(there, 'cluster.key'), 'utf8')).toBe(await readFile(first.keyFile, 'utf8'));
    expect((await readdir(there)).length).toBe(3);
    expect(said).toContain('  systemctl restart certbot-ha-agent');
  });

  test.for([
    ['names another node', 'web1', { ...WEB2, hostname: 'web2' }, 'node-elsewhere'],
    ['names a node that nothing tells of', 'web1', machineAt('203.0.113.9'), null],
    ['names this host', 'web2', WEB2, null],
  ] as const)('of a configuration whose self %s', async ([, self, machine, code], { directory }) => {
    const { there, handover, joinHere } = await pair(directory);
    const text = handover.replace('"config":"', `"config":"self: ${self}\\n`);
    const of = { ...machine, hostname: code === null && self === 'web1' ? 'web1' : machine.hostname };
    const joined = joinHere({}, text, of);
    if (code === null) await joined;
    else
      await expect(joined).rejects.toMatchObject({
        findings: [{ code, setting: expect.stringMatching(/^self in /) }],
      });
    expect((await readdir(directory)).includes(basename(there))).toBe(code === null);
  });

  test('a self that nothing tells is this host is refused', async ({ directory }) => {
    const { handover, joinHere } = await pair(directory);
    const text = handover.replace('"config":"', '"config":"self: web1\\n');
    await expect(
      joinHere({}, text, { ...WEB2, hostname: 'other', addresses: ['203.0.113.9'] }),
    ).rejects.toMatchObject({ findings: [{ code: 'node-elsewhere' }] });
  });

  test('a configuration with a self is handed to nobody', async ({ directory }) => {
    const { first } = await pair(directory);
    await writeFile(first.file, `self: web1\n${await readFile(first.file, 'utf8')}`);
    expect(() => setUpOf(first.io.env)).toThrow(/self is web1/);
  });

  test('refuses a host that is none of the nodes', async ({ directory }) => {
    const { handover, joinHere } = await pair(directory);
    await expect(
      joinHere({}, handover, { ...WEB2, hostname: 'web9', addresses: ['192.0.2.99'] }),
    ).rejects.toMatchObject({
      findings: [{ code: 'node-unknown' }],
    });
    expect(await readdir(directory)).not.toContain('there');
  });

  test.for([
    ['nothing', ''],
    ['a page of somebody', '<html></html>'],
    ['another version', (text: string) => text.replace('"certbot-ha":1', '"certbot-ha":2')],
    ['a key that is none', (text: string) => text.replace(KEY, (key) => `${key}x`)],
    ['a part of it', (text: string) => text.slice(0, -20)],
    ['a list', '[]'],
  ] as const)('refuses %s, and shows nothing of it', async ([, change], { directory }) => {
    const { first, handover, joinHere } = await pair(directory);
    const text = typeof change === 'string' ? change : change(handover);
    const error: unknown = await joinHere({}, text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ findings: [{ code: 'set-up-not-read' }], exitCode: 2 });
    const key = await readFile(first.keyFile, 'utf8');
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect(partsShown(error, key.trim())).toEqual([]);
    expect(await readdir(directory)).not.toContain('there');
  });

  test('writes nothing after an interruption', async ({ directory }) => {
    const { handover, joinHere } = await pair(directory);
    const interruption = new AbortController();
    interruption.abort();
    await expect(joinHere({}, handover, WEB2, interruption)).rejects.toMatchObject({
      findings: [{ code: 'set-up-interrupted' }],
    });
    expect(await readdir(directory)).not.toContain('there');
  });

  test('refuses a configuration that is wrong', async ({ directory }) => {
    const { handover, joinHere } = await pair(directory);
    await expect(joinHere({}, handover.replace('vips:', 'vipz:'))).rejects.toMatchObject({
      findings: [{ code: 'unknown-key' }],
    });
  });
});
