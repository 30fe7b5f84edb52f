import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { chmod, mkdir, readdir, readFile, statfs, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import { cliIni } from '../../../lib/doctor/checks/cli-ini.ts';
import { certificates } from '../../../lib/doctor/checks/certificates.ts';
import { complaintsOf, disk } from '../../../lib/doctor/checks/disk.ts';
import { isReadOnly, roomIn } from '../../../lib/system/room.ts';
import { key } from '../../../lib/doctor/checks/key.ts';
import { leftOver } from '../../../lib/doctor/checks/left-over.ts';
import { lineages } from '../../../lib/doctor/checks/lineages.ts';
import { webroot } from '../../../lib/doctor/checks/webroot.ts';
import { createContext } from '../../../lib/doctor/context.ts';
import { judge } from '../../../lib/doctor/checks/renewal.ts';
import { scriptsIn } from '../../../lib/certbot/scripts.ts';
import { renewingJobs } from '../../../lib/certbot/cron-jobs.ts';
import { showUnits } from '../../../lib/certbot/units-shown.ts';
import { typed } from '../../../lib/findings/step.ts';
import { runCommand } from '../../../lib/system/run-command.ts';
import { openState } from '../../../lib/state/state.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { writeAccount } from '../../support/lineage/accounts.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';
import { configIn, healthy, row, shortly, status, told, unit, unitsWith } from './healthy.ts';

const NAME = 'a.test';

async function write(file: string, text = '', mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode });
}

test('the cluster key is there and private, or not needed', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  const shared = healthy(directory, {}, configIn(directory, { transport: transportsOf('shared') }));
  expect(shortly(await key.run(shared))).toBe('skip');
  expect(await key.run(healthy(directory))).toMatchObject({
    complaints: [
      {
        found: { code: 'key-file-missing', file },
        next: typed("ssh root@192.0.2.2 'certbot-ha init --export' | certbot-ha init --join --start"),
      },
    ],
  });
  await write(file, 'a'.repeat(64), 0o600);
  expect(shortly(await key.run(healthy(directory)))).toBe('pass');
  await chmod(file, 0o644);
  await expect(key.run(healthy(directory))).rejects.toMatchObject({ findings: [{ code: 'key-file-open' }] });
});

test('room is looked for where a directory will be', async ({ directory }) => {
  const asked: string[] = [];
  const system = {
    statfs: async (place: string) => {
      asked.push(place);
      return await statfs(place);
    },
  };
  const room = await roomIn(join(directory, 'not/yet'), system);
  expect(asked).toEqual([join(directory, 'not/yet'), join(directory, 'not'), directory]);
  expect(room).toMatchObject({ mebibytes: expect.any(Number) });
  const outcome = await disk.run(healthy(directory, {}, configIn(join(directory, 'not/yet'))));
  expect(outcome.result === 'found' ? '' : outcome.detail).toMatch(/^(?:\d+ MiB or more left in \/|$)/);
});

test('room on the other nodes is what their agents tell, where they do', async ({ directory }) => {
  const config = configIn(directory);
  const rooms = (inbox: object | null, webroot: object | null) => ({ rooms: { inbox, webroot } });
  const [plenty, full, few] = [
    { mebibytes: 9_000, inodes: 9_000 },
    { mebibytes: 3, inodes: 9_000 },
    { mebibytes: 9_000, inodes: 500 },
  ];
  const run = async (second: object, third: object) => {
    const agents = async () => [told(config, 0), told(config, 1, 0, second), told(config, 2, 0, third)];
    return await disk.run(healthy(directory, { agents }, config));
  };
  expect(shortly(await run(rooms(plenty, null), {}))).toBe('pass');
  const outcome = await run(rooms(full, few), rooms(plenty, null));
  expect(shortly(outcome)).toEqual([
    ['fail', 'little-room', 'web2 192.0.2.2'],
    ['warn', 'few-inodes', 'web2 192.0.2.2'],
  ]);
  const drained = {
    ...config,
    nodes: config.nodes.map((one) => ({ ...one, isDrained: one.name !== 'web1' })),
  };
  const agents = async () => [told(config, 0), told(drained, 1, 0, rooms(full, few))];
  expect(shortly(await disk.run(healthy(directory, { agents }, drained)))).toBe('pass');
  expect(outcome).toMatchObject({
    complaints: [{ next: [{ on: 'web2', command: expect.stringMatching(/^du .*\/inbox/) }, {}] }, {}],
  });
});

test('a file system that has become read-only is told, whatever room it has', async () => {
  const isFixed = async (code: string) =>
    await isReadOnly('/srv/not/yet', {
      access: async (place) => {
        const said = place === '/srv' ? code : 'ENOENT';
        await Promise.reject(Object.assign(new Error(said), { code: said }));
      },
    });
  const plenty = { mebibytes: 9_000, inodes: null };
  const codes = async (code: string) =>
    complaintsOf('/srv', { ...plenty, isReadOnly: await isFixed(code) }).map(({ found }) => found.code);
  expect(await codes('EROFS')).toEqual(['file-system-read-only']);
  expect(await codes('EACCES')).toEqual([]);
});

test('the webroot is written to by the agent, as the peers need it', async ({ directory }) => {
  const asked: string[] = [];
  const clientThat = (isOk: boolean): ChannelClient => ({
    request: async (_node, method, path) => {
      asked.push(`${method} ${path}`);
      if (isOk) return { isOk, body: null as never };
      return { isOk, isSilent: false, reason: { code: 'agent-refuses', status: 500, detail: 'no' } };
    },
    close: async () => undefined,
  });
  expect(shortly(await webroot.run(healthy(directory, { client: clientThat(true) })))).toBe('pass');
  expect(asked).toEqual(['PUT /v1/challenges', 'POST /v1/challenges/removals']);
  const refused = await webroot.run(healthy(directory, { client: clientThat(false) }));
  expect(shortly(refused)).toEqual([['fail', 'agent-refuses', 'this node']]);
  const nowhere = healthy(directory, {}, configIn('/nowhere'));
  await expect(webroot.run(nowhere)).rejects.toMatchObject({ findings: [{ code: 'webroot-missing' }] });
});

test('a line of cli.ini that contradicts is told with the command that removes it', async ({ directory }) => {
  const context = healthy(directory, { env: { HOME: directory } });
  expect(shortly(await cliIni.run(context))).toBe('pass');
  const file = join(directory, 'cli.ini');
  await write(file, 'webroot\n  --webroot = true\nwebroot-path = /srv\n#webroot\nemail = a@a.test\n');
  const next = `cp -p --backup=numbered ${file} ${file}.before && sed -i -E '/^[[:space:]]*(--)?webroot([[:space:]:=]|$)/d' ${file}`;
  expect(await cliIni.run(context)).toMatchObject({
    complaints: [
      { level: 'fail', found: { code: 'cli-ini-overrides' }, next: typed(next) },
      { next: typed(next) },
    ],
  });
  const { code } = await runCommand(['sh', '-c', next], { timeoutMs: 5_000 });
  expect(code).toBe(0);
  expect(await readFile(file, 'utf8')).toBe('webroot-path = /srv\n#webroot\nemail = a@a.test\n');
  expect(shortly(await cliIni.run(context))).toBe('pass');
});

test('what was killed or never fetched is left over', async ({ directory }) => {
  const state = openState({ stateDir: directory }, noDamage);
  const context = healthy(directory, { state });
  expect(shortly(await leftOver.run(context))).toBe('pass');
  const { token, keyAuthorization } = makeChallenge();
  const old = new Date(Date.now() - 3 * 3_600_000);
  const files = [
    join(directory, '.well-known/acme-challenge', token),
    join(directory, 'inbox/activated', 'a'.repeat(64)),
    join(directory, 'journal/a.test.json'),
  ];
  for (const file of files) await write(file, file.includes('acme-challenge') ? keyAuthorization : '{}');
  for (const file of files) await utimes(file, old, old);
  expect(shortly(await leftOver.run(context))).toEqual([
    ['warn', 'tokens-forgotten', null],
    ['fail', 'installation-unfinished', null],
    ['fail', 'delivery-not-installed', null],
  ]);
});

test('a token that nobody needs goes by a restart or, without agents, by what takes nothing else', async ({
  directory,
}) => {
  const state = openState({ stateDir: directory }, noDamage);
  const tokens = join(directory, '.well-known/acme-challenge');
  const { token, keyAuthorization } = makeChallenge();
  const { token: live, keyAuthorization: response } = makeChallenge();
  await write(join(tokens, token), keyAuthorization);
  await write(join(tokens, live), response);
  await write(join(tokens, 'index.html'));
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  await utimes(join(tokens, token), at(300), at(300));
  await utimes(join(tokens, 'index.html'), at(300), at(300));
  // Within agent.tokenTtl, which is two hours here.
  await utimes(join(tokens, live), at(110), at(110));
  const nextWith = async (transport: 'http' | 'rsync') => {
    const agent = { ...configIn(directory).agent, tokenTtlMs: 2 * 3_600_000 };
    const context = healthy(
      directory,
      { state },
      configIn(directory, { transport: transportsOf(transport), agent }),
    );
    const outcome = await leftOver.run(context);
    return outcome.result === 'found' ? outcome.complaints.flatMap(({ next }) => next[0]?.command ?? []) : [];
  };
  expect(await nextWith('http')).toEqual(['systemctl restart certbot-ha-agent']);
  const [next = ''] = await nextWith('rsync');
  expect((await runCommand(['sh', '-c', next], { timeoutMs: 5_000 })).code).toBe(0);
  expect((await readdir(tokens)).toSorted()).toEqual(['index.html', live].toSorted());
});

test('lineages fit together, have their account, and are renewed by somebody', async ({ directory, ca }) => {
  expect(shortly(await lineages.run(healthy(directory)))).toBe('skip');
  const [one, other] = [await ca.issue([NAME]), await ca.issue([NAME])];
  const account = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
  const conf = renewalConf({ configDir: directory, lineage: NAME, params: OWN_HOOKS });
  await write(join(directory, `renewal/${NAME}.conf`), conf.replace(ACCOUNT, account));
  await writeLineage(directory, NAME, [one]);
  expect(shortly(await lineages.run(healthy(directory)))).toBe('pass');

  await write(join(directory, `renewal/${NAME}.conf`), conf);
  await writeLineage(directory, NAME, [{ ...one, key: other.key }]);
  await writeLineage(directory, 'orphan.test', [one]);
  expect(shortly(await lineages.run(healthy(directory)))).toEqual([
    ['fail', 'private-key-mismatch', null],
    ['fail', 'account-lost', null],
    ['fail', 'lineage-not-renewed', null],
  ]);
});

test("cron's jobs that run certbot renew are found, with what they ask", async ({ directory }) => {
  const at = (name: string) => join(directory, name);
  const debian = 'test -x /usr/bin/certbot -a \\! -d /run/systemd/system && certbot -q renew';
  await write(at('etc/cron.d/certbot'), `# certbot renew\n0 */12 * * * root ${debian}\n`);
  await write(at('etc/cron.d/certbot.dpkg-old'), '0 1 * * * root certbot renew\n');
  await write(
    at('etc/cron.daily/renew'),
    '#!/bin/sh\ncertbot-ha is-issuer || exit 0\nexec certbot -q renew\n',
  );
  await write(at('etc/crontab'), '#0 1 * * * root certbot renew\n1 1 * * * root certbot certificates\n');
  await write(at('var/spool/cron/crontabs/root'), '0 3 * * * /usr/bin/certbot renew --quiet\n');
  expect(await renewingJobs(directory)).toEqual([
    { file: at('var/spool/cron/crontabs/root'), isLeftToSystemd: false, asksWho: false },
    { file: at('etc/cron.d/certbot'), isLeftToSystemd: true, asksWho: false },
    { file: at('etc/cron.daily/renew'), isLeftToSystemd: false, asksWho: true, isUnfound: true },
  ]);
});

test("a job asks by a name that cron's PATH leads to, or by a path", async ({ directory }) => {
  const at = (name: string) => join(directory, name);
  const unfound = async () => (await renewingJobs(directory)).map(({ isUnfound }) => isUnfound ?? false);
  const line = '0 1 * * * root certbot-ha is-issuer && certbot -q renew';
  await write(at('etc/crontab'), `${line}\n`);
  expect(await unfound()).toEqual([true]);
  await write(at('usr/local/bin/certbot-ha'));
  expect(await unfound()).toEqual([true]);
  await write(at('etc/crontab'), `PATH=/usr/local/bin:/usr/bin:/bin\n${line}\n`);
  expect(await unfound()).toEqual([false]);
  await write(at('etc/crontab'), line.replace('certbot-ha', '/usr/local/bin/certbot-ha'));
  expect(await unfound()).toEqual([false]);
  await write(at('etc/crontab'), 'PATH=/usr/local/bin:/usr/bin:/bin\n');
  await write(at('etc/cron.daily/renew'), '#!/bin/sh\ncertbot-ha is-issuer && certbot renew\n');
  expect(await unfound()).toEqual([false]);
  await write(at('etc/anacrontab'), 'PATH=/usr/bin\n');
  expect(await unfound()).toEqual([true]);
  await write(at('usr/bin/certbot-ha'));
  expect(await unfound()).toEqual([false]);
});

test('a script that a job or a timer runs is read for certbot renew', async ({ directory }) => {
  const at = (name: string) => join(directory, name);
  await write(at('opt/renew'), '#!/bin/bash\n# asks nobody\ncertbot \\\n  -q renew\n');
  await write(at('opt/renew.py'), "#!/usr/bin/python3\nrun(['certbot', 'renew'])\n");
  await write(at('opt/certbot-ha'), '#!/usr/bin/env node\n"certbot renew"\n');
  await write(at('opt/notes'), '#!/bin/sh\n# certbot renew\ncertbot certonly --renew-hook x\n');
  await write(at('etc/cron.d/own'), '0 1 * * * root /opt/renew >/dev/null\n');
  await write(at('etc/cron.d/none'), '0 1 * * * root /opt/certbot-ha sync; /opt/notes; /opt/gone\n');
  expect(await renewingJobs(directory)).toEqual([
    { file: at('etc/cron.d/own'), isLeftToSystemd: false, asksWho: false, script: '/opt/renew' },
  ]);
  const timer = [
    unit('own.timer', { starts: 'own.service' }),
    unit('own.service', { command: '{ path=/opt/renew.py ; argv[]=/opt/renew.py ; ignore_errors=no }' }),
    unit('certbot.timer', { state: 'inactive', starts: 'certbot.service' }),
  ];
  const context = healthy(directory, { units: async () => unitsWith(...timer) });
  const outcome = await judge(context, [], async (command) => await scriptsIn(command, directory));
  expect(shortly(outcome)).toEqual([['fail', 'condition-missing', null]]);
});

test('units are what systemd shows of them, with what the timers start', async () => {
  const first = [
    'Id=certbot-ha-sync.path\nLoadState=loaded\nNeedDaemonReload=yes\nActiveState=active\nUnitFileState=enabled\nUnit=certbot-ha-sync.service\n',
    'Id=certbot.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n',
    'Id=own.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nUnit=own.service\n',
  ].join('\n');
  const second =
    'Id=own.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=static\n' +
    'ExecStart={ path=/bin/certbot ; argv[]=certbot renew ; }\nExecCondition={ path=/bin/sh ; }\n';
  const asked: string[][] = [];
  const units = await showUnits(async (argv) => {
    asked.push(argv.slice(4));
    return { code: 0, stdout: asked.length === 1 ? first : second, stderr: '', trouble: null };
  });
  expect(asked[0]).toContain('*.timer');
  expect(asked.slice(1)).toEqual([['own.service']]);
  const plain = { load: 'loaded', isStale: false, starts: '', command: '', condition: '' };
  expect([...(units?.values() ?? [])]).toEqual([
    {
      ...{ unit: 'certbot-ha-sync.path', isKnown: true, state: 'active', enabled: 'enabled' },
      ...{ ...plain, isStale: true },
    },
    { unit: 'certbot.service', isKnown: false, state: 'inactive', enabled: '', ...plain, load: 'not-found' },
    {
      unit: 'own.timer',
      isKnown: true,
      state: 'active',
      enabled: 'enabled',
      ...plain,
      starts: 'own.service',
    },
    {
      ...{
        unit: 'own.service',
        isKnown: true,
        load: 'loaded',
        state: 'inactive',
        enabled: 'static',
        isStale: false,
        starts: '',
      },
      ...{ command: '{ path=/bin/certbot ; argv[]=certbot renew ; }', condition: '{ path=/bin/sh ; }' },
    },
  ]);
  expect(await showUnits(async () => ({ code: 1, stdout: '', stderr: '', trouble: null }))).toBe(null);
});

test('what several want to know is asked for once', async ({ directory }) => {
  const asked: string[] = [];
  const client: ChannelClient = {
    request: async ({ name }) => {
      asked.push(name);
      return { isOk: false, reason: { code: 'agent-silent' }, isSilent: true };
    },
    close: async () => undefined,
  };
  const { cluster, env } = healthy(directory);
  const state = openState({ stateDir: directory }, noDamage);
  const { agents } = createContext(
    { cluster, env, state, client, drill: null, share: null },
    new AbortController().signal,
  );
  await Promise.all([agents(), agents()]);
  expect(asked).toEqual(['web1', 'web2', 'web3']);
});

test('a lineage that is not renewed in time, or at every run, is told before it ends', async ({
  directory,
}) => {
  const conf = join(directory, 'renewal/a.test.conf');
  await mkdir(dirname(conf), { recursive: true });
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const run = async (days: number) => {
    const lineages = [row({ notBefore: day(days - 90), notAfter: day(days) })];
    const seen = async () => status({ lineages });
    return await certificates.run(healthy(directory, { seen }, configIn(directory)));
  };
  await writeFile(conf, 'authenticator = manual\n');
  expect(shortly(await run(60))).toBe('pass');
  expect(await run(25)).toMatchObject({
    complaints: [
      {
        ...{ level: 'warn', found: { code: 'renewal-late', lineage: 'a.test' } },
        next: typed('certbot-ha is-issuer && certbot renew --cert-name a.test'),
      },
    ],
  });
  await writeFile(conf, 'renew_before_expiry = 100 days\nauthenticator = manual\n');
  const next = typed(`grep -n renew_before_expiry ${conf}`);
  expect(await run(89)).toMatchObject({
    complaints: [{ level: 'warn', found: { code: 'renewal-term-too-long' }, next }],
  });
});
