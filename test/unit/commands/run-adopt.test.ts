// @module-tag slow
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runAdopt, type RunAdoptOptions } from '../../../lib/commands/run-adopt.ts';
import { isOurs } from '../../../lib/lineage/list.ts';
import type { TestCa } from '../../support/lineage/certificates.ts';
import { expect, test, writeForeign, WEBROOT, type ForeignOptions } from '../../support/lineage/foreign.ts';
import { OWN_HOOKS } from '../../support/lineage/renewal-conf.ts';

// What certbot does: it changes what it is told, keeps the rest, and takes no hook or installer away.
const CERTBOT = `
import os, re, sys
version, end, seen = os.environ["STAND_IN"].split(",")
if sys.argv[1] == "--version":
    print("certbot " + version)
    sys.exit(0)
with open(seen, "a") as file:
    file.write("\\n".join(sys.argv[1:]) + "\\n")
if end != "0":
    sys.exit(int(end))
given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
name = given["--config-dir"] + "/renewal/" + given["--cert-name"] + ".conf"
text = re.sub("authenticator = .*", "authenticator = manual", open(name).read())
for option, key in (("manual-auth-hook", "manual_auth_hook"), ("manual-cleanup-hook", "manual_cleanup_hook"), ("deploy-hook", "renew_hook")):
    text = re.sub("^" + key + " = .*\\n", "", text, flags=re.M)
    text = text.replace("authenticator = manual", "authenticator = manual\\n" + key + " = " + given["--" + option])
for option, key in (("pre-hook", "pre_hook"), ("post-hook", "post_hook")):
    if "--" + option in given:
        text = re.sub("^" + key + " = .*", key + ' = ""', text, flags=re.M)
open(name + ".new", "w").write(text)
os.rename(name + ".new", name)
`;

const NONE: RunAdoptOptions = {
  isAll: false,
  isDryRun: false,
  isHere: false,
  isDropping: false,
  isEdited: false,
};

interface SceneOptions {
  readonly version?: string;
  /** the exit code of certbot reconfigure */
  readonly end?: number;
  /** lines of the configuration */
  readonly config?: string;
  readonly isServed?: boolean;
}

/** Two nodes that serve one webroot, and a stand-in for certbot. */
async function sceneIn(directory: string, options: SceneOptions = {}) {
  const { version = '2.1.0', end = 0, config = '', isServed = true } = options;
  const webroot = join(directory, 'webroot');
  const server = createServer((request, response) => {
    const file = join(webroot, '.well-known/acme-challenge', basename(request.url ?? ''));
    readFile(file).then(
      (body) => response.writeHead(isServed ? 200 : 503).end(body),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const [file, bin, seen] = [join(directory, 'config.yaml'), join(directory, 'bin'), join(directory, 'seen')];
  await mkdir(webroot);
  await mkdir(bin);
  await writeFile(join(bin, 'certbot'), `#!/usr/bin/env python3\n${CERTBOT}`, { mode: 0o755 });
  const configDir = join(directory, 'letsencrypt');
  const lines = [
    ...['self: web1', 'nodes: {web1: 127.0.0.1, web2: 127.0.0.2}', 'transport: shared'],
    ...[
      `stateDir: ${directory}/state`,
      `webroot: ${webroot}`,
      `gate: {httpPort: ${port}, timeout: ${isServed ? 20 : 1}}`,
    ],
    ...[`certificates: {configDir: ${configDir}, issuer: web1}`, config],
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const [out, err]: [string[], string[]] = [[], []];
  const interruption = new AbortController();
  let asked = 0;
  const io: CommandIo = {
    env: {
      ...{ PATH: `${bin}:${process.env['PATH']}`, HOME: directory, CERTBOT_HA_CONFIG: file },
      STAND_IN: [version, end, seen].join(','),
    },
    ...{ out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) },
    ...{ pid: process.pid, isTerminal: false },
    interruption: () => {
      asked += 1;
      return interruption.signal;
    },
  };
  const adopt = async (lineages: readonly string[], more: Partial<RunAdoptOptions> = {}) => {
    const code = await runAdopt(io, lineages, { ...NONE, ...more });
    return { code, out: out.splice(0), err: err.splice(0) };
  };
  const toldCertbot = async () => (await readFile(seen, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return { configDir, adopt, interruption, toldCertbot, webroot, asked: () => asked };
}

const foreign = async (configDir: string, ca: TestCa, options: ForeignOptions = {}) => {
  const written = await writeForeign(configDir, ca, options);
  return { ...written, now: async () => await readFile(written.file, 'utf8') };
};

describe('adopt', () => {
  test('rehearses the names, changes the configuration, keeps a copy, and tells what comes next', async ({
    ca,
    directory,
  }) => {
    const { configDir, adopt, toldCertbot, webroot } = await sceneIn(directory);
    const { file, text, now } = await foreign(configDir, ca, { names: ['a.test', 'b.test'] });
    const { code, out, err } = await adopt(['a.test']);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toContainEqual(
      expect.stringMatching(/^drill passed in .*: every node serves a\.test, b\.test$/),
    );
    expect(out.slice(-3)).toEqual([
      "a.test: adopted: certbot-ha's hooks renew it from now on",
      expect.stringMatching(/^ {2}as it was: .*\/renewal\/a\.test\.conf\.before-\d{8}T\d{6}\.\d{3}Z$/),
      '  next, to bring it to every node: certbot-ha deploy a.test',
    ]);
    expect(await isOurs(configDir, 'a.test')).toBe(true);
    expect(await now()).toContain('webroot_path = /var/www,\n');
    expect(await readFile(out.at(-2)?.split(': ')[1] ?? '', 'utf8')).toBe(text);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await toldCertbot()).toEqual([]);
    expect(await readdir(join(webroot, '.well-known/acme-challenge'))).toEqual([]);
    expect(await adopt(['a.test'])).toMatchObject({
      code: 0,
      out: ["a.test: certbot-ha's hooks renew it already"],
    });
  });

  test('lets certbot make a dry run where it can, and takes away what certbot cannot', async ({
    ca,
    directory,
  }) => {
    const { configDir, adopt, toldCertbot } = await sceneIn(directory, { version: '2.3.0' });
    const hooks = [
      'pre_hook = systemctl stop nginx',
      'post_hook = systemctl start nginx',
      'renew_hook = push',
    ];
    const params = ['authenticator = standalone', 'installer = nginx', 'logs_dir = /srv/log', ...hooks];
    const { now } = await foreign(configDir, ca, { params });
    const { code, err } = await adopt(['a.test']);
    expect({ code, err }).toEqual({
      code: 0,
      err: [
        expect.stringMatching(/^a\.test: deploy-hook stays, .*push \[hook-kept\]$/),
        ...Array(2).fill(expect.stringMatching(/^ {2}/)),
      ],
    });
    const told = await toldCertbot();
    const after = (option: string) => told[told.indexOf(option) + 1];
    expect(told.slice(0, 4)).toEqual(['reconfigure', '--non-interactive', '--cert-name', 'a.test']);
    expect([after('--authenticator'), after('--preferred-challenges')]).toEqual(['manual', 'http']);
    expect([after('--pre-hook'), after('--post-hook')]).toEqual(['', '']);
    expect(after('--deploy-hook')).toMatch(/\/hooks\/deploy\.js --config \S+ ; push$/);
    expect([after('--config-dir'), after('--logs-dir')]).toEqual([configDir, '/srv/log']);
    expect(await isOurs(configDir, 'a.test')).toBe(true);
    expect(await now()).not.toMatch(/installer|pre_hook|post_hook/);
    expect(await now()).toMatch(/^renew_hook = .*; push$/m);
  });

  test('leaves the configuration as it is when certbot’s dry run fails, and says how to do without', async ({
    ca,
    directory,
  }) => {
    const { configDir, adopt, toldCertbot } = await sceneIn(directory, { version: '5.5.0', end: 1 });
    const { text, now } = await foreign(configDir, ca);
    const { code, err } = await adopt(['a.test']);
    expect(code).toBe(1);
    expect(err[0]).toBe(
      'a.test: certbot reconfigure has failed (exit code 1): the lineage is renewed as before [reconfigure-failed]',
    );
    expect(err.at(-1)).toContain('certbot-ha adopt --no-reconfigure a.test');
    expect(await now()).toBe(text);
    expect(await readdir(join(configDir, 'renewal'))).toEqual(['a.test.conf']);
    const told = await toldCertbot();
    expect(await adopt(['a.test'], { isEdited: true })).toMatchObject({ code: 0, err: [] });
    expect(await toldCertbot()).toEqual(told);
  });

  test('leaves the configuration as it is when the drill fails, or is interrupted', async ({
    ca,
    directory,
  }) => {
    const { configDir, adopt, interruption } = await sceneIn(directory, { isServed: false });
    const { text, now } = await foreign(configDir, ca);
    await foreign(configDir, ca, { lineage: 'b.test' });
    const { code, out, err } = await adopt(['a.test']);
    expect(code).toBe(1);
    expect(out).toContainEqual(expect.stringMatching(/^drill failed after 1 s: a\.test .*\[drill-failed\]$/));
    expect(err).toEqual(['a.test: the drill has not passed: the lineage is renewed as before [not-adopted]']);
    interruption.abort();
    expect(await adopt(['a.test', 'b.test'])).toMatchObject({
      code: 1,
      err: ['interrupted: renewed as before: a.test, b.test [adoption-interrupted]'],
    });
    expect(await now()).toBe(text);
    expect((await readdir(join(configDir, 'renewal'))).toSorted()).toEqual(['a.test.conf', 'b.test.conf']);
  });

  test('shows the difference, and changes nothing', async ({ ca, directory }) => {
    const { configDir, adopt } = await sceneIn(directory, { isServed: false });
    const { file, text, now } = await foreign(configDir, ca, {
      params: [...WEBROOT.slice(0, 1), 'renew_hook = systemctl reload nginx'],
    });
    const { code, out, err } = await adopt(['a.test'], { isDryRun: true });
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const hook = (name: string) =>
      expect.stringMatching(new RegExp(`^ {2}\\+ .* = .*/hooks/${name} --config `)) as string;
    expect(out).toEqual([
      'a.test: goes: deploy-hook systemctl reload nginx',
      `${file}:`,
      '  - authenticator = webroot',
      '  + authenticator = manual',
      '  - renew_hook = systemctl reload nginx',
      hook('deploy\\.js'),
      '  + pref_challs = http-01,',
      hook('certbot-ha-auth'),
      hook('certbot-ha-cleanup'),
      'a.test: nothing was changed; before a change comes a drill: certbot-ha drill a.test',
    ]);
    expect(await now()).toBe(text);
  });

  test('lists what there is without a name, and with --all passes over what HTTP-01 cannot renew', async ({
    ca,
    directory,
  }) => {
    const { configDir, adopt } = await sceneIn(directory);
    expect(await adopt([])).toMatchObject({ code: 0, out: [expect.stringContaining('[no-lineage]')] });
    await foreign(configDir, ca);
    await foreign(configDir, ca, { lineage: 'b.test', names: ['*.b.test'] });
    await foreign(configDir, ca, { lineage: 'c.test', params: ['authenticator = manual', ...OWN_HOOKS] });
    const listed = await adopt([]);
    expect(listed).toMatchObject({ code: 0, err: [] });
    expect(listed.out.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'LINEAGE',
      'a.test',
      'b.test',
      'c.test',
    ]);
    const all = await adopt([], { isAll: true });
    expect(all).toMatchObject({ code: 0, err: [] });
    expect(all.out).toContainEqual(expect.stringContaining('[adoption-of-wildcard]'));
    expect(await isOurs(configDir, 'a.test')).toBe(true);
    // Whoever names it, wants it.
    expect(await adopt(['b.test'])).toMatchObject({ code: 1, out: [] });
  });

  test('one that cannot be adopted keeps no other from it', async ({ ca, directory }) => {
    const { configDir, adopt, asked } = await sceneIn(directory, { version: '4.0.0' });
    await foreign(configDir, ca, { params: [] });
    for (const lineage of ['b.test', 'c.test']) await foreign(configDir, ca, { lineage });
    const { code, err } = await adopt([], { isAll: true });
    // A listener for each would be too many for Node.js.
    expect(asked()).toBe(2);
    expect({ code, err }).toEqual({
      code: 1,
      err: [expect.stringContaining('[conf-without-authenticator]')],
    });
    expect(await isOurs(configDir, 'b.test')).toBe(true);
  });

  test.for([
    ['an unknown lineage', {}, ['x.test'], NONE, 'no-such-lineage'],
    ['--all with a name', {}, ['a.test'], { isAll: true }, 'usage'],
    ['a node that does not renew', {}, ['a.test'], NONE, 'other-issuer'],
  ] as const)('refuses %s', async ([what, options, lineages, more, code], { ca, directory }) => {
    const { configDir, adopt } = await sceneIn(directory, options);
    const { text, now } = await foreign(configDir, ca);
    if (what.includes('renew')) {
      const file = join(directory, 'config.yaml');
      await writeFile(file, (await readFile(file, 'utf8')).replace('issuer: web1', 'issuer: web2'));
      expect(await adopt(lineages, { isDryRun: true })).toMatchObject({ code: 0 });
    }
    await expect(adopt(lineages, more)).rejects.toMatchObject({ findings: [{ code }] });
    expect(await now()).toBe(text);
    if (what.includes('renew')) expect(await adopt(lineages, { isHere: true })).toMatchObject({ code: 0 });
  });

  test('refuses where cli.ini would win over what is changed', async ({ ca, directory }) => {
    const { configDir, adopt } = await sceneIn(directory);
    const { text, now } = await foreign(configDir, ca);
    await writeFile(join(configDir, 'cli.ini'), 'authenticator = webroot\nwebroot-path = /var/www\n');
    await expect(adopt(['a.test'])).rejects.toMatchObject({
      findings: [{ code: 'cli-ini-overrides', key: 'authenticator' }],
    });
    expect(await now()).toBe(text);
  });

  test('says what stops something before each renewal', async ({ ca, directory }) => {
    const { configDir, adopt } = await sceneIn(directory);
    await foreign(configDir, ca);
    await mkdir(join(configDir, 'renewal-hooks/pre'), { recursive: true });
    await writeFile(join(configDir, 'renewal-hooks/pre/web'), 'systemctl stop nginx\n', { mode: 0o755 });
    expect((await adopt(['a.test'], { isDryRun: true })).err[0]).toContain('[pre-hooks-stop]');
  });
});
