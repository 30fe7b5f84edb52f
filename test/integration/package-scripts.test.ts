// @module-tag slow
import { chmod, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

// The packages' own scripts, on a tree that DPKG_ROOT names.

async function put(root: string, file: string, text = ''): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

const isThere = async (root: string, file: string) =>
  await lstat(join(root, file)).then(
    () => true,
    () => false,
  );

describe.concurrent('a purge', { skip: process.getuid?.() !== 0 }, () => {
  const [KEY, STATE, WEBROOT] = [
    '/etc/certbot-ha/cluster.key',
    '/var/lib/certbot-ha',
    '/usr/share/nginx/letsencrypt',
  ];
  const LIST = '/etc/letsencrypt/live/certbot-ha-lineages';
  const OURS = [KEY, `${STATE}/pending/batch`, `${WEBROOT}/.well-known/acme-challenge/token`, LIST];
  const PASSWD = 'certbot-ha:x:990:990:agent:/var/lib/certbot-ha:/bin/sh\n';

  /** A host, and what is left of `files` after a purge. `mounts`: a shell's commands before it, in a mount namespace of their own, where $1 is `place`. */
  const purge = async (root: string, files: readonly string[], mounts = ':', place = '') => {
    await put(root, '/etc/passwd', PASSWD);
    await put(root, '/etc/shadow', 'certbot-ha:*:1::::::\n');
    await put(root, '/etc/letsencrypt/live/a.test/cert.pem');
    for (const file of files) await put(root, file, 'ours\n');
    const script = `cd "$DPKG_ROOT"; ${mounts}; cd /; sh "$0" purge; find "$DPKG_ROOT" -name key >&2`;
    const postrm = join(CLONE, 'packaging/debian/scripts/postrm');
    const argv = ['unshare', '--mount', 'sh', '-euc', script, postrm, place];
    const { code, stderr } = await run(argv, {
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, DPKG_ROOT: root },
    });
    const left = await Promise.all(files.map(async (file) => ((await isThere(root, file)) ? [file] : [])));
    return { code, stderr, left: left.flat() };
  };

  test('removes what is the package’s, and leaves the user without a login', async ({ directory }) => {
    const ended = await purge(directory, OURS);
    expect(ended).toMatchObject({ code: 0, left: [] });
    for (const path of ['/etc/certbot-ha', STATE, WEBROOT])
      expect(await isThere(directory, path)).toBe(false);
    expect(await isThere(directory, '/etc/letsencrypt/live/a.test/cert.pem')).toBe(true);
    expect(await readFile(join(directory, 'etc/passwd'), 'utf8')).toBe(
      PASSWD.replace('/bin/sh', '/usr/sbin/nologin'),
    );
  });

  const BIND = 'mount --bind other ".$1"';
  test.for([
    ['a directory that is bound there', `${STATE}/shared`, BIND],
    [
      'a filesystem of its own',
      `${STATE}/shared`,
      'mount -t tmpfs tmpfs ".$1"; mkdir ".$1/web1"; echo >".$1/web1/key"',
    ],
    ['one with a space in its name', `${STATE}/of all nodes`, BIND],
    ['the webroot, bound', WEBROOT, BIND],
  ] as const)('leaves what is mounted: %s', async ([, place, mount], { directory }) => {
    await put(directory, '/other/web1/key');
    await mkdir(join(directory, place), { recursive: true });
    const { code, stderr, left } = await purge(directory, OURS, mount, place);
    expect(code).toBe(0);
    expect(stderr).toContain(`${directory}${place} is a filesystem of its own, and remains\n`);
    expect(stderr).toContain(`\n${directory}${place}/web1/key\n`);
    // What the mount hides cannot be reached.
    expect(left).toEqual(OURS.filter((file) => file.startsWith(`${place}/`)));
  });

  test('leaves what a link leads to', async ({ directory }) => {
    await put(directory, '/srv/state/backup/key', 'ours\n');
    await mkdir(join(directory, 'var/lib'), { recursive: true });
    await symlink('../../srv/state', join(directory, STATE));
    const ended = await purge(directory, [KEY, '/srv/state/backup/key']);
    expect(ended).toMatchObject({ code: 0, left: ['/srv/state/backup/key'] });
    expect(ended.stderr).toContain(`${STATE} is a link to ../../srv/state, and remains`);
  });

  test.for([
    ['/etc/letsencrypt is one', 'mount --bind etc/letsencrypt etc/letsencrypt'],
    ['its live/ is one', 'mount --bind etc/letsencrypt/live etc/letsencrypt/live'],
    [
      'it is a link into one',
      'mkdir nfs; mount --bind nfs nfs; mv etc/letsencrypt nfs/le; ln -s ../nfs/le etc/letsencrypt',
    ],
  ])(
    'leaves the list of lineages on a filesystem that other nodes may mount: %s',
    async ([, mounts], { directory }) => {
      expect(await purge(directory, OURS, mounts)).toMatchObject({ code: 0, left: [LIST] });
    },
  );

  test('leaves everything where an installation without packages has taken its place', async ({
    directory,
  }) => {
    const files = [...OURS, '/usr/local/bin/certbot-ha'];
    expect(await purge(directory, files)).toMatchObject({ code: 0, left: files });
  });
});

describe.concurrent('what an installation without packages has left', () => {
  const DROP_IN = 'systemd/system/certbot.service.d/certbot-ha.conf';
  const told = async (root: string) => {
    const argv = ['sh', join(CLONE, 'packaging/left-behind.sh'), '/pages'];
    const { code, stdout, stderr } = await run(argv, { env: { PATH: process.env['PATH'], DPKG_ROOT: root } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    return stderr.trimEnd().split('\n');
  };

  test('is told, with what does not run any more', async ({ directory }) => {
    for (const name of [DROP_IN, 'systemd/system/certbot-ha-agent.service', 'tmpfiles.d/certbot-ha.conf']) {
      await put(directory, `/usr/lib/${name}`);
      await put(
        directory,
        `/etc/${name}`,
        name === DROP_IN ? "ExecCondition=/bin/sh -c '/usr/local/bin/certbot-ha is-issuer; …'\n" : '',
      );
    }
    await put(directory, '/usr/local/bin/certbot-ha-deploy');
    await put(
      directory,
      '/etc/letsencrypt/renewal/a.test.conf',
      'manual_auth_hook = /usr/local/bin/certbot-ha-auth --config X\nrenew_hook = /usr/local/bin/certbot-ha-deploy\n',
    );
    expect(await told(directory)).toEqual([
      "certbot-ha: /usr/local/bin/certbot-ha-deploy is used in place of this package's",
      "certbot-ha: /etc/systemd/system/certbot-ha-agent.service is used in place of this package's",
      `certbot-ha: /etc/${DROP_IN} is used in place of this package's`,
      "certbot-ha: /etc/tmpfiles.d/certbot-ha.conf is used in place of this package's",
      `certbot-ha: /etc/${DROP_IN} runs /usr/local/bin/certbot-ha, which is not there: the package has /usr/bin/certbot-ha`,
      'certbot-ha: /etc/letsencrypt/renewal/a.test.conf runs /usr/local/bin/certbot-ha-auth, which is not there: the package has /usr/bin/certbot-ha-auth',
      "certbot-ha:   next: /pages/install.md, 'From an installation without packages'",
    ]);
  });

  test('is not what an administrator has beside the package', async ({ directory }) => {
    await put(directory, `/usr/lib/${DROP_IN}`);
    await put(directory, '/etc/systemd/system/certbot-ha-ours.service', 'ExecStart=/usr/local/bin/ours\n');
    await put(
      directory,
      '/etc/systemd/system/certbot-ha-agent.service.d/webroot.conf',
      'ReadWritePaths=/srv\n',
    );
    await mkdir(join(directory, 'etc', dirname(DROP_IN)), { recursive: true });
    await symlink('/dev/null', join(directory, 'etc', DROP_IN));
    expect(await told(directory)).toEqual(['']);
  });
});

test.for(['packaging/debian/scripts/postinst', 'packaging/rpm/certbot-ha.spec'])(
  '%s tells what is left',
  async (file) => {
    expect(await readFile(join(CLONE, file), 'utf8')).toMatch(
      /sh \S*\/usr\/lib\/certbot-ha\/left-behind\.sh/,
    );
  },
);

describe('what is compiled ahead', () => {
  /** A script, of a package whose /usr and /run are below `root`. */
  const at = async (root: string, script: string, argument: string, input = '') => {
    const text = script.replaceAll(/(?<![\w}^])\/(?=usr\/|run\/)/g, `${root}/`);
    return await run(['sh', '-euc', text, 'sh', argument], { input });
  };
  const putNode = async (root: string, node: string) => {
    await put(root, node, '#!/bin/sh\necho "$1"\nexit 1\n');
    await chmod(join(root, node), 0o755);
  };

  test.for([
    ['goes with the package', 'certbot-ha', false],
    ['stays where the other package has taken its place', 'certbot-ha-standalone', true],
  ] as const)('%s, by rpm', async ([, licence, stays], { directory }) => {
    const spec = await readFile(join(CLONE, 'packaging/rpm/certbot-ha.spec'), 'utf8');
    const [, preun = ''] = /^%preun\n(.*?)\n\n%/ms.exec(spec) ?? [];
    await put(directory, `/usr/share/licenses/${licence}/LICENSE`);
    await put(directory, '/usr/lib/certbot-ha/compiled/cli');
    const script = preun.replaceAll('%{package_other}', 'certbot-ha-standalone');
    expect(await at(directory, script, '0')).toMatchObject({ stderr: '' });
    expect(await isThere(directory, '/usr/lib/certbot-ha/compiled')).toBe(stays);
  });

  test.for([
    ['/usr/bin/node', true],
    ['/usr/bin/env\n/usr/bin/node-24\n/usr/bin/npm', true],
    ['/usr/bin/nodemon\n/usr/bin/npm', false],
  ] as const)('is made again by rpm where Node.js has come: %j, %s', async ([come, is], { directory }) => {
    const spec = await readFile(join(CLONE, 'packaging/rpm/certbot-ha.spec'), 'utf8');
    const [, script = ''] = /^%transfiletriggerin -- \/usr\/bin\n(.*?)\n%endif/ms.exec(spec) ?? [];
    const made = `${directory}/usr/lib/certbot-ha/compile.js\n`;
    // Where it fails, and where there is no Node.js any more, nothing else does.
    const quiet = { code: 0, stderr: '' };
    expect(await at(directory, script, '0', `${come}\n`)).toMatchObject({ ...quiet, stdout: '' });
    await putNode(directory, '/usr/bin/node');
    expect(await at(directory, script, '0', `${come}\n`)).toMatchObject({ ...quiet, stdout: is ? made : '' });
  });

  test.for(['configure', 'triggered', 'abort-upgrade', 'abort-remove', 'abort-deconfigure'])(
    'is made by dpkg on %s',
    async (verb, { directory }) => {
      const node = '/usr/lib/certbot-ha/bin/node';
      await putNode(directory, node);
      const postinst = await readFile(join(CLONE, 'packaging/debian/scripts/postinst'), 'utf8');
      const { stdout } = await at(directory, `set -- "$1" 1\n${postinst}`, verb);
      expect(stdout).toBe(`${directory}/usr/lib/certbot-ha/compile.js\n`);
    },
  );
});
