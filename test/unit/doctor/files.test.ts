import { chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import { cliIni } from '../../../lib/doctor/checks/cli-ini.ts';
import { disk } from '../../../lib/doctor/checks/disk.ts';
import { key } from '../../../lib/doctor/checks/key.ts';
import { leftOver } from '../../../lib/doctor/checks/left-over.ts';
import { lineages } from '../../../lib/doctor/checks/lineages.ts';
import { webroot } from '../../../lib/doctor/checks/webroot.ts';
import { createContext } from '../../../lib/doctor/context.ts';
import { renewingJobs } from '../../../lib/doctor/cron-jobs.ts';
import { showUnits } from '../../../lib/certbot/units-shown.ts';
import { openState } from '../../../lib/state/state.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { writeAccount } from '../../support/lineage/accounts.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';
import { configIn, healthy, shortly } from './healthy.ts';

const NAME = 'a.test';

async function write(file: string, text = '', mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode });
}

test('the cluster key is there and private, or not needed', async ({ directory }) => {
  const file = join(directory, 'cluster.key');
  const shared = healthy(directory, {}, configIn(directory, { transport: 'shared' }));
  expect(shortly(await key.run(shared))).toBe('skip');
  await expect(key.run(healthy(directory))).rejects.toMatchObject({
    findings: [{ code: 'key-file-missing' }],
  });
  await write(file, 'a'.repeat(64), 0o600);
  expect(shortly(await key.run(healthy(directory)))).toBe('pass');
  await chmod(file, 0o644);
  await expect(key.run(healthy(directory))).rejects.toMatchObject({ findings: [{ code: 'key-file-open' }] });
});

test('room is looked for where a directory will be', async ({ directory }) => {
  const context = healthy(directory, {}, configIn(join(directory, 'not/yet')));
  expect((await disk.run(context)).result).not.toBe('skip');
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
  await write(join(directory, 'cli.ini'), 'authenticator = nginx\n');
  const next = `sed -i.before -E '/^\\s*(--)?authenticator\\b/d' ${join(directory, 'cli.ini')}`;
  expect(await cliIni.run(context)).toMatchObject({
    complaints: [{ level: 'fail', found: { code: 'cli-ini-overrides' }, next }],
  });
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
    { file: at('etc/cron.daily/renew'), isLeftToSystemd: false, asksWho: true },
  ]);
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
  const plain = { isStale: false, starts: '', command: '', condition: '' };
  expect([...(units?.values() ?? [])]).toEqual([
    {
      ...{ unit: 'certbot-ha-sync.path', isKnown: true, state: 'active', enabled: 'enabled' },
      ...{ ...plain, isStale: true },
    },
    { unit: 'certbot.service', isKnown: false, state: 'inactive', enabled: '', ...plain },
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
    { cluster, env, state, client, drill: null },
    new AbortController().signal,
  );
  await Promise.all([agents(), agents()]);
  expect(asked).toEqual(['web1', 'web2', 'web3']);
});
