import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { configOf } from '../../../../lib/cluster/config.ts';
import type { Cluster } from '../../../../lib/cluster/cluster.ts';
import { successOf, type Programs } from '../../../../lib/setup/admin-programs.ts';
import { putSelinux, showSelinux } from '../../../../lib/setup/selinux/selinux.ts';
import { expect, test } from '../../../support/temporary.ts';

function clusterOf(text = ''): Cluster {
  const config = configOf('/etc/certbot-ha/config.yaml', `nodes: {web1: 192.0.2.11}\n${text}`);
  const [self, ...peers] = config.nodes;
  if (self === undefined) throw new Error('no node');
  return { config, self, peers };
}

/** Programs that succeed, but for one, and what they were called with and given. */
function host(refusing: string | null = null, missing: string | null = null) {
  const told: (readonly string[])[] = [];
  const given: string[] = [];
  const ask: Programs['ask'] = async (argv) => {
    told.push(argv);
    if (argv[0] === 'checkmodule') given.push(await readFile(argv.at(-1) ?? '', 'utf8'));
    if (argv[0] === 'semodule_package') given.push(await readFile(argv.at(-1) ?? '', 'utf8'));
    if (argv[0] === missing) {
      const trouble = { code: 'program-not-installed', program: missing } as const;
      return { code: null, stdout: '', stderr: '', trouble };
    }
    const code = argv[0] === refusing ? 1 : 0;
    return { code, stdout: '', stderr: code === 0 ? '' : 'no', trouble: null };
  };
  return {
    told,
    given,
    programs: { ask, tell: async (argv) => successOf(argv, await ask(argv)) } satisfies Programs,
  };
}

function shown(text = ''): readonly string[] {
  const lines: string[] = [];
  showSelinux({
    cluster: clusterOf(text),
    dist: '/usr/lib/certbot-ha',
    out: (line) => void lines.push(line),
  });
  return lines;
}

/** For the rest of the test, temporary files are in a directory of its own. @returns what looks for what is left there */
async function ownTmp(directory: string): Promise<() => Promise<readonly string[]>> {
  const tmp = join(directory, 'tmp');
  await mkdir(tmp);
  vi.stubEnv('TMPDIR', tmp);
  onTestFinished(() => void vi.unstubAllEnvs());
  return async () => await readdir(tmp);
}

test('each file has the label that its readers may read, and no more of the webroot than challenges', () => {
  const lines = shown('webroot: /srv/ac.me+(1)\nstateDir: /srv/state\nagent: {keyFile: /etc/ha/c.key}\n');
  const from = lines.indexOf("cat >certbot_ha.fc <<'END' &&");
  expect(lines.slice(from + 1, lines.indexOf('END', from))).toEqual([
    String.raw`/usr/lib/certbot-ha/[^/]*\.js	--	system_u:object_r:bin_t:s0`,
    String.raw`/usr/lib/certbot-ha/hooks/(certbot-ha-[^/]*|[^/]*\.js)	--	system_u:object_r:bin_t:s0`,
    String.raw`/srv/ac\.me\+\(1\)/\.well-known/acme-challenge(/.*)?		system_u:object_r:httpd_sys_content_t:s0`,
    String.raw`/etc/ha/c\.key	--	system_u:object_r:certbot_ha_key_t:s0`,
    '/srv/state(/.*)?		system_u:object_r:var_lib_t:s0',
  ]);
  expect(lines).toContain(
    "restorecon -RF -- /usr/lib/certbot-ha '/srv/ac.me+(1)/.well-known/acme-challenge' /etc/ha/c.key /srv/state",
  );
});

test('a path with a space is an error before anything is done', async () => {
  const { told, programs } = host();
  const put = putSelinux(
    { cluster: clusterOf('webroot: /srv/my acme'), dist: '/usr/lib/certbot-ha', out: () => undefined },
    programs,
    '/',
  );
  await expect(put).rejects.toMatchObject({ exitCode: 2, findings: [{ code: 'invalid-value' }] });
  expect(told).toEqual([]);
});

test('where SELinux is off, nothing is changed', async () => {
  const { told, programs } = host();
  const lines: string[] = [];
  const options = {
    cluster: clusterOf(),
    dist: '/usr/lib/certbot-ha',
    out: (line: string) => void lines.push(line),
  };
  await putSelinux(options, programs, '/nowhere/enforce');
  expect({ told, lines }).toEqual({ told: [], lines: ['SELinux is not enabled: nothing was changed'] });
});

test('where it is on, the module is compiled and loaded, and what is there is labelled', async ({
  directory,
}) => {
  const leftInTmp = await ownTmp(directory);
  const key = join(directory, 'cluster.key');
  await writeFile(key, '');
  const { told, given, programs } = host();
  const lines: string[] = [];
  const cluster = clusterOf(
    `agent: {keyFile: ${key}}\nstateDir: /nowhere/state\nwebroot: /nowhere/webroot\n`,
  );
  await putSelinux({ cluster, dist: directory, out: (line) => void lines.push(line) }, programs, key);
  expect(told.map(([program]) => program)).toEqual([
    'checkmodule',
    'semodule_package',
    'semodule',
    'restorecon',
  ]);
  expect(told.at(-1)).toEqual(['restorecon', '-RF', '--', directory, key]);
  expect(given).toEqual([
    expect.stringContaining('type certbot_ha_key_t, file_type;'),
    expect.stringContaining(`certbot_ha_key_t:s0`),
  ]);
  expect(lines.at(-1)).toBe(`done: restorecon -RF -- ${directory} ${key}`);
  expect(await leftInTmp()).toEqual([]);
});

test.for([
  ['checkmodule', 'checkpolicy'],
  ['semodule_package', 'policycoreutils (Debian: semodule-utils)'],
  ['semodule', 'policycoreutils'],
] as const)('where %s is missing, its package is named', async ([program, name], { directory }) => {
  const { programs } = host(null, program);
  const put = putSelinux({ cluster: clusterOf(), dist: directory, out: () => undefined }, programs, '/');
  await expect(put).rejects.toMatchObject({ hint: `install the package ${name}` });
});

test('a program that refuses ends it, and leaves no files', async ({ directory }) => {
  const leftInTmp = await ownTmp(directory);
  const { told, programs } = host('semodule_package');
  const put = putSelinux({ cluster: clusterOf(), dist: directory, out: () => undefined }, programs, '/');
  await expect(put).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed', end: 'exit 1', said: ['no'] }],
  });
  expect(told.map(([program]) => program)).toEqual(['checkmodule', 'semodule_package']);
  expect(await leftInTmp()).toEqual([]);
});
