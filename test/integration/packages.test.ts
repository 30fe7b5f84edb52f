// @module-tag slow
// @module-tag long
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/cluster/config.ts';
import { RUN_UNITS } from '../../lib/certbot/units-shown.ts';
import { CLONE, COMMANDS } from '../lab/dist.ts';
import { bomIn, contentsOf, lackOf, makePackages, successOf, type Packed } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';
import { openRpmRoot } from '../support/rpm-root.ts';

const TOOLS = ['debhelper', 'pandoc', 'rpm', 'busybox-static'];
const MAKE_MS = 300_000;
const LIBRARY = '/usr/lib/certbot-ha';
/** Commands, and what the launchers among them start. */
const PROGRAMS = [...Object.values(COMMANDS), 'hooks/auth.js', 'hooks/cleanup.js'];
const UNITS = '/usr/lib/systemd/system';
const CERTBOT_UNITS = RUN_UNITS.filter((unit) => !unit.startsWith('certbot-ha-'));
const EXAMPLE = '/etc/certbot-ha/config.yaml.example';

describe('the packages that bring no Node.js', () => {
  let directory: string;
  let lack: string | null;
  let version: string;
  let deb: string;
  let rpm: string;
  let contents: ReadonlyMap<string, Packed>;
  /** the .deb, unpacked */
  let root: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certbot-ha-packages-'));
    lack = await lackOf(TOOLS);
    if (lack !== null) return console.warn(`skipped: packages: ${lack}`);
    ({ version } = JSON.parse(await readFile(join(CLONE, 'package.json'), 'utf8')) as { version: string });
    await makePackages(join(directory, 'one'), ['--for', 'all']);
    deb = join(directory, `one/certbot-ha_${version}_all.deb`);
    rpm = join(directory, `one/certbot-ha-${version}-1.noarch.rpm`);
    contents = await contentsOf(deb);
    root = join(directory, 'root');
    successOf(await run(['dpkg-deb', '--extract', deb, root]));
  }, MAKE_MS);
  afterAll(async () => await rm(directory, { recursive: true, force: true }));
  beforeEach(({ skip }) => {
    if (lack !== null) skip(lack);
  });

  const inRoot = async (path: string) => await readFile(join(root, path), 'utf8');
  const filesIn = (path: string) =>
    [...contents.values()].filter((entry) => entry.mode.startsWith('-') && entry.path.startsWith(`${path}/`));

  test(
    'are the same bytes when they are made again, elsewhere and otherwise',
    { timeout: MAKE_MS },
    async () => {
      const [other, temporary] = [join(directory, 'two'), join(directory, 'elsewhere')];
      await mkdir(temporary);
      const env = { TMPDIR: temporary, TZ: 'Asia/Tokyo', LC_ALL: 'C' };
      await makePackages(other, ['--for', 'all'], { umask: '077', env });
      const [sums, again] = await Promise.all(
        ['one', 'two'].map(async (name) => await readFile(join(directory, name, 'SHA256SUMS'), 'utf8')),
      );
      expect(again).toBe(sums);
      expect((await readdir(other)).filter((name) => name !== 'SHA256SUMS').toSorted()).toEqual(
        [...(sums ?? '').matchAll(/ {2}(\S+)$/gm)].map(([, name = '']) => name).toSorted(),
      );
      successOf(await run(['sha256sum', '--check', '--quiet', 'SHA256SUMS'], { cwd: other }));
      expect(await readdir(temporary)).toEqual([]);
    },
  );

  test('depend on Node.js 20.19, and take the place of the package that brings one', async () => {
    const fields = ['Package', 'Version', 'Architecture', 'Depends', 'Recommends', 'Conflicts', 'Replaces'];
    const control = successOf(await run(['dpkg-deb', '--field', deb, ...fields]));
    expect(control).toContain(`Package: certbot-ha\nVersion: ${version}\nArchitecture: all\n`);
    expect(control).toMatch(/^Depends: nodejs \(>= 20\.19\), systemd \|/m);
    expect(control).toMatch(/^Conflicts: certbot-ha-standalone$/m);
    expect(control).toMatch(/^Replaces: certbot-ha-standalone$/m);
    // A host with the snap would get a second one, with a timer of its own.
    expect(control).not.toMatch(/^(?:Depends|Recommends): .*\bcertbot\b(?!-)/m);
    const query = async (what: string) => successOf(await run(['rpm', '-qp', what, rpm])).split('\n');
    expect(await query('--requires')).toEqual(
      expect.arrayContaining(['nodejs(engine) >= 20.19', '/usr/bin/node', 'systemd']),
    );
    expect([...(await query('--requires')), ...(await query('--recommends'))]).not.toContain('certbot');
    expect(await query('--conflicts')).toContain('certbot-ha-standalone');
  });

  test('belong to root, and nobody else may write', () => {
    for (const { mode, owner, path, target } of contents.values()) {
      const isProgram = PROGRAMS.some((file) => path === `${LIBRARY}/${file}`);
      const expected =
        { d: 'drwxr-xr-x', l: 'lrwxrwxrwx' }[mode[0] ?? ''] ?? (isProgram ? '-rwxr-xr-x' : '-rw-r--r--');
      expect([path, target, mode, owner]).toEqual([path, target, expected, 'root/root']);
    }
  });

  test('have command and hooks in /usr/bin, which run with the Node.js that the package depends on', async () => {
    for (const [name, file] of Object.entries(COMMANDS)) {
      expect(contents.get(`/usr/bin/${name}`)?.target).toBe(`../lib/certbot-ha/${file}`);
      expect(await inRoot(`${LIBRARY}/${file}`)).toMatch(
        /^#!\/usr\/bin\/node\n|\nexec \/usr\/bin\/node "\$0" "\$@"\n/,
      );
    }
    for (const file of PROGRAMS.filter((program) => program.endsWith('.js')))
      expect(await inRoot(`${LIBRARY}/${file}`)).toMatch(/^#!\/usr\/bin\/node\n/);
    const said = await run([process.execPath, join(root, LIBRARY, 'cli.js'), '--version']);
    expect(said).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(contents.has(`${LIBRARY}/THIRD-PARTY-NOTICES`)).toBe(true);
  });

  test('have the units, and a drop-in for each of certbot, that name no file outside of the package', async () => {
    const here = (await readdir(join(CLONE, 'systemd'))).filter((name) => name.startsWith('certbot-ha-'));
    const dropIns = CERTBOT_UNITS.map((name) => `${name}.d/certbot-ha.conf`);
    const expected = [...here, ...dropIns].map((name) => `${UNITS}/${name}`).toSorted();
    expect(filesIn(UNITS).map(({ path }) => path)).toEqual(expected);
    for (const path of expected) {
      const text = await inRoot(path);
      expect(text).not.toContain('/usr/local');
      for (const [name] of text.matchAll(/(?<![\w/])\/usr\/bin\/certbot-ha[\w-]*/g))
        expect(contents.has(name)).toBe(true);
    }
    for (const name of ['sysusers.d', 'tmpfiles.d'])
      expect(await inRoot(`/usr/lib/${name}/certbot-ha.conf`)).toBe(
        await readFile(join(CLONE, 'systemd', name, 'certbot-ha.conf'), 'utf8'),
      );
  });

  test.for([
    ['nothing is there: certbot renews', [], 1, 0],
    ['a configuration, on the issuer', ['config.yaml'], 0, 0],
    ['a configuration, on another node: skipped', ['config.yaml'], 1, 1],
    ['a configuration that is wrong: the unit fails', ['config.yaml'], 2, 255],
    ['a key and no configuration: the unit fails', ['cluster.key'], 2, 255],
    ['a set-up that was cut off after the key: certbot renews', ['cluster.key', 'config.yaml.lock'], 2, 0],
    [
      'a set-up that is done, and a lock left there',
      ['cluster.key', 'config.yaml', 'config.yaml.lock'],
      1,
      1,
    ],
  ] as const)('certbot’s unit, where %s', async ([what, files, answer, expected]) => {
    const place = join(directory, `condition-${what.replaceAll(/\W/g, '')}`);
    await mkdir(place);
    for (const file of files) await writeFile(join(place, file), '');
    const text = await inRoot(`${UNITS}/certbot.service.d/certbot-ha.conf`);
    const [, script = ''] = /^ExecCondition=\/bin\/sh -c '([^']+)'$/m.exec(text) ?? [];
    expect(script).toContain('/usr/bin/certbot-ha is-issuer');
    const here = script
      .replaceAll('/etc/certbot-ha', place)
      .replaceAll('/usr/bin/certbot-ha is-issuer', `sh -c "exit ${answer}"`);
    expect((await run(['sh', '-c', here])).code).toBe(expected);
  });

  test('have a manual page for each program and for the configuration, which says where the pages are that it names', async () => {
    const man = '/usr/share/man';
    expect(contents.get(`${man}/man8/certbot-ha-installer.8.gz`)?.target).toBe('certbot-ha.8.gz');
    const programs = Object.keys(COMMANDS).filter((command) => command !== 'certbot-ha-installer');
    for (const [name, section] of [...programs.map((program) => [program, 8]), ['certbot-ha.yaml', 5]]) {
      const page = successOf(await run(['zcat', join(root, `${man}/man${section}/${name}.${section}.gz`)]));
      expect(page).toMatch(new RegExp(`^\\.TH "${name}" "${section}" `, 'm'));
      expect(page).toMatch(/^\.SH NAME$/m);
      expect(page).toContain(`certbot-ha ${version}`);
      expect(page).toContain('/usr/share/doc/certbot-ha/docs.');
      expect(page).not.toContain('](');
    }
    expect(contents.has('/usr/share/doc/certbot-ha/docs/hook-contract.md')).toBe(true);
  });

  test('have pages whose commands are where the package has them', async () => {
    const pages = filesIn('/usr/share/doc/certbot-ha/docs').filter(({ path }) => path.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(10);
    for (const { path } of pages.filter(
      (page) => !/\/decisions\/|\/(?:install|by-hand)\.md$/.test(page.path),
    )) {
      const text = await inRoot(path);
      expect([path, text]).toEqual([path, expect.not.stringMatching(/\/usr\/local\/bin\/certbot-ha/)]);
      for (const [name] of text.matchAll(/(?<![\w/])\/usr\/bin\/certbot-ha[\w-]*/g))
        expect(contents.has(name)).toBe(true);
    }
  });

  test('complete words in bash, zsh and fish', async () => {
    const share = '/usr/share';
    const bash = `${share}/bash-completion/completions/certbot-ha`;
    expect(await run(['bash', '-n', join(root, bash)])).toMatchObject({ code: 0, stderr: '' });
    expect(await inRoot(bash)).toMatch(/^complete .*certbot-ha$/m);
    expect(await inRoot(`${share}/zsh/vendor-completions/_certbot-ha`)).toMatch(/^#compdef certbot-ha\n/);
    expect(await inRoot(`${share}/fish/vendor_completions.d/certbot-ha.fish`)).toMatch(
      /^complete .*-c certbot-ha/m,
    );
  });

  test('have an example of a configuration, which is one', async () => {
    expect(loadConfig(join(root, EXAMPLE)).nodes.map(({ name }) => name)).toEqual(['web1', 'web2']);
    const control = successOf(await run(['dpkg-deb', '--info', deb, 'conffiles']));
    expect(control).toBe(`${EXAMPLE}\n`);
    expect(successOf(await run(['rpm', '-qcp', rpm]))).toBe(`${EXAMPLE}\n`);
    expect(filesIn('/etc').map(({ path }) => path)).toEqual([EXAMPLE]);
  });

  test('are the same files as .rpm, owned by root, with the licence', async () => {
    const format = '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]';
    const listed = successOf(await run(['rpm', '-qp', '--queryformat', format, rpm]))
      .trimEnd()
      .split('\n');
    const files = new Set<string>();
    for (const line of listed) {
      const [mode = '', owner, path = ''] = line.split(' ');
      expect([path, owner]).toEqual([path, 'root/root']);
      if (mode.startsWith('d')) continue;
      files.add(path);
      expect([path, mode]).toEqual([path, contents.get(path)?.mode ?? mode]);
    }
    const debianOnly = /^\/usr\/share\/(?:doc\/certbot-ha\/(?:copyright|changelog\.gz)|zsh\/)/;
    const others = [...contents.values()].filter(
      ({ mode, path }) => !mode.startsWith('d') && !debianOnly.test(path),
    );
    for (const { path } of others) expect(files).toContain(path);
    expect([...files].filter((path) => !contents.has(path)).toSorted()).toEqual([
      '/usr/share/licenses/certbot-ha/LICENSE',
      '/usr/share/zsh/site-functions/_certbot-ha',
    ]);
  });

  test('have scripts that a shell can read, and enable nothing', async () => {
    const control = join(directory, 'control');
    successOf(await run(['dpkg-deb', '--control', deb, control]));
    for (const name of ['preinst', 'postinst', 'prerm', 'postrm'])
      expect(await run(['sh', '-n', join(control, name)])).toMatchObject({ code: 0, stderr: '' });
    const scripts = successOf(await run(['rpm', '-qp', '--scripts', rpm]));
    const postrm = await readFile(join(control, 'postrm'), 'utf8');
    for (const { path } of filesIn(UNITS)) {
      if (!/^\[Install\]$/m.test(await inRoot(path))) continue;
      const unit = path.slice(UNITS.length + 1);
      expect(postrm).toContain(`'${unit}'`);
      expect(scripts).toMatch(new RegExp(`disable --now .*\\b${unit}\\b`));
    }
    expect(scripts.match(/^\w+ scriptlet|^posttrans/gm)).toHaveLength(5);
    expect(
      await run(['sh', '-n'], { input: scripts.replaceAll(/^\w+ (?:scriptlet|program).*$/gm, '') }),
    ).toMatchObject({
      ...{ code: 0, stderr: '' },
    });
    expect(scripts).not.toMatch(/systemctl[^\n]* (?:enable|preset)/);
    // An upgrade leaves the agent's socket open.
    expect(scripts).not.toMatch(/systemctl stop [^\n]*agent\.socket/);
    const prerm = await readFile(join(control, 'prerm'), 'utf8');
    expect(prerm).toMatch(/= remove[^\n]*\n[^\n]*stop 'certbot-ha-agent\.socket'/);
    // What was compiled ahead goes before the files that it was made of, and is made again for a new Node.js.
    expect(prerm).toContain('/usr/lib/certbot-ha/compiled"');
    expect(await readFile(join(control, 'triggers'), 'utf8')).toBe('interest-noawait /usr/bin/node\n');
    const preinst = await readFile(join(control, 'preinst'), 'utf8');
    expect(preinst).not.toContain('agent.socket');
    expect(scripts).toContain('systemd-sysusers certbot-ha.conf');
  });

  test('compile again when rpm brings another Node.js, and not for what else comes', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('needs root');
    const at = await openRpmRoot(directory);
    await at.bring('node', '20.19');
    await at.rpm('--install', rpm);
    const before = await at.started();
    expect(new Set(before)).toEqual(new Set(['20.19 /usr/lib/certbot-ha/compile.js']));
    await at.bring('npm', '11.0');
    expect(await at.started()).toEqual(before);
    await at.bring('node', '24.0');
    expect(await at.started()).toEqual([...before, '24.0 /usr/lib/certbot-ha/compile.js']);
    await at.rpm('--erase', 'node');
    await at.rpm('--erase', 'certbot-ha');
    await at.bring('node', '24.1');
    expect(await at.started()).toHaveLength(before.length + 1);
  });

  test('come with an npm tarball that needs nothing else, and has no source maps', async () => {
    const tarball = join(directory, 'one', `certbot-ha-${version}.tgz`);
    const packed = successOf(await run(['tar', '-tzf', tarball])).split('\n');
    for (const file of Object.values(COMMANDS)) expect(packed).toContain(`package/dist/${file}`);
    expect(packed).toContain('package/dist/systemd/certbot-ha-agent.service');
    expect(packed.filter((name) => name.endsWith('.map'))).toEqual([]);
    const prefix = join(directory, 'npm');
    const env = { ...process.env, npm_config_cache: join(directory, 'npm-cache') };
    const argv = ['npm', 'install', '--global', '--offline', '--no-audit', '--prefix', prefix, tarball];
    expect(await run(argv, { cwd: directory, env })).toMatchObject({ code: 0 });
    expect(await readdir(join(prefix, 'lib/node_modules'))).toEqual(['certbot-ha']);
    expect((await readdir(join(prefix, 'bin'))).toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
    const said = await run([process.execPath, join(prefix, 'bin/certbot-ha'), '--version']);
    expect(said).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('come with a list of the packages that are in the programs, and of no others', async () => {
    const bom = await bomIn(join(directory, 'one', `certbot-ha-${version}.cdx.json`));
    expect([bom.bomFormat, bom.metadata.component]).toEqual([
      'CycloneDX',
      expect.objectContaining({ name: 'certbot-ha', version }),
    ]);
    const notices = await inRoot(`${LIBRARY}/THIRD-PARTY-NOTICES`);
    const named = [...notices.matchAll(/^(@?[\w./-]+) (\d+\.\d+\.\S+) \((\S+)\)$/gm)];
    const listed = bom.components.map(({ group, name, version: at, licenses }) =>
      [group === undefined ? name : `${group}/${name}`, at, licenses[0]?.expression].join(' '),
    );
    expect(listed).toEqual([...new Set(named.map(([, ...words]) => words.join(' ')))]);
    expect(listed.length).toBeGreaterThan(20);
    for (const { hashes = [] } of bom.components)
      expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
  });

  test('have no errors for lintian and rpmlint', { timeout: MAKE_MS }, async ({ skip }) => {
    const missing = await lackOf(['lintian', 'rpmlint']);
    if (missing !== null) return skip(missing);
    const lintian = await run(['lintian', '--allow-root', '--fail-on', 'error', deb]);
    expect(lintian).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/^E: /m) });
    const rpmlint = await run(['rpmlint', '--config', join(CLONE, 'packaging/rpm/rpmlint.toml'), rpm]);
    expect(rpmlint.stdout).toMatch(/ 0 errors, /);
  });
});
