import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../lib/cluster/config.ts';
import { nginx } from '../../../lib/doctor/checks/nginx.ts';
import { createContext, type Context } from '../../../lib/doctor/context.ts';
import type { Verdict } from '../../../lib/gate/verdict.ts';
import type { CommandResult } from '../../../lib/system/run-command.ts';
import { expect, test } from '../../support/temporary.ts';
import { configIn, healthy, shortly } from './healthy.ts';

const SITE = 'server { listen 80; location / { return 301 https://$host$request_uri; } }';
const at = (root: string) => `location ^~ /.well-known/acme-challenge/ { root ${root}; }`;
const SERVER = { kind: 'nginx', runsOn: 'all', test: null, reload: null } as const;
const DIRECTORY = '/srv/acme';

interface Given {
  readonly said?: Partial<CommandResult>;
  readonly config?: Config;
  readonly rest?: Partial<Context>;
}

async function outcomeOf({ said = {}, config = configIn(DIRECTORY), rest = {} }: Given) {
  const ran: string[] = [];
  const run: Context['run'] = async (argv) => {
    ran.push(argv.join(' '));
    return { code: 0, stdout: SITE, stderr: '', trouble: null, ...said };
  };
  const outcome = await nginx.run(healthy(DIRECTORY, { run, ...rest }, config));
  return { outcome, ran };
}

const drillWhere = (state: 'served' | 'failing'): Partial<Context> => ({
  drill: async () =>
    ({
      targets: [
        { target: { isSelf: false }, state: 'served' },
        { target: { isSelf: true }, state },
      ],
    }) as unknown as Verdict,
});

test('the location is there, or what is missing is told with what to type', async () => {
  const { outcome, ran } = await outcomeOf({ said: { stdout: `${SITE} ${at(DIRECTORY)}` } });
  expect(outcome).toMatchObject({ result: 'pass' });
  expect(ran).toEqual(['nginx -T']);
  const next = expect.arrayContaining([
    expect.objectContaining({ command: 'certbot-ha snippet nginx --write' }),
    expect.objectContaining({ note: expect.stringContaining('include snippets/certbot-ha.conf;') }),
  ]);
  expect((await outcomeOf({})).outcome).toMatchObject({
    complaints: [{ level: 'warn', found: { code: 'location-missing', webroot: DIRECTORY, roots: [] }, next }],
  });
  expect((await outcomeOf({ said: { stdout: at('/srv/other') } })).outcome).toMatchObject({
    complaints: [{ level: 'warn', found: { code: 'location-missing', roots: ['/srv/other'] }, next }],
  });
});

test('what is served is not complained of, and what cannot be known neither', async ({ directory }) => {
  const drilled = async (state: 'served' | 'failing') =>
    shortly((await outcomeOf({ rest: drillWhere(state) })).outcome);
  expect(await drilled('served')).toBe('skip');
  expect(await drilled('failing')).toEqual([['warn', 'location-missing', null]]);
  const drill = async () => await Promise.reject(new Error('no room'));
  expect(shortly((await outcomeOf({ rest: { drill } })).outcome)).toEqual([
    ['warn', 'location-missing', null],
  ]);
  await mkdir(join(directory, 'root'));
  await symlink('root', join(directory, 'link'));
  const config = configIn(join(directory, 'link'));
  const stdout = at(join(directory, 'root'));
  expect(shortly((await outcomeOf({ config, said: { stdout } })).outcome)).toBe('skip');
  const proxied = 'location /.well-known/ { proxy_pass http://127.0.0.1:8402; }';
  expect(shortly((await outcomeOf({ said: { stdout: proxied } })).outcome)).toBe('skip');
});

test('a configuration that nginx refuses is told in its words', async () => {
  const stderr = 'nginx: [emerg] unknown directive "lsten" in /etc/nginx/nginx.conf:3\n';
  const said = { code: 1, stdout: SITE, stderr };
  expect((await outcomeOf({ said })).outcome).toMatchObject({
    complaints: [
      {
        level: 'fail',
        found: { code: 'web-server-test-failed', command: 'nginx -T', end: 'exit 1', said: [stderr.trim()] },
      },
    ],
  });
  const standby = configIn(DIRECTORY, { webServer: { ...SERVER, runsOn: 'holder' } });
  expect(shortly((await outcomeOf({ said, config: standby })).outcome)).toBe('skip');
  const denied = { ...said, stderr: 'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)' };
  const expected = process.getuid?.() === 0 ? [['fail', 'web-server-test-failed', null]] : 'skip';
  expect(shortly((await outcomeOf({ said: denied })).outcome)).toEqual(expected);
});

test('it is left out where nginx is not there, too slow, or not what this node runs', async () => {
  const skips = async (given: Given) => shortly((await outcomeOf(given)).outcome);
  const trouble = { code: 'program-not-installed', program: 'nginx' } as const;
  expect(await skips({ said: { code: null, trouble } })).toBe('skip');
  expect(await skips({ said: { stdout: ' '.repeat(16_777_216) } })).toBe('skip');
  for (const webServer of [
    { ...SERVER, kind: 'apache' as const },
    { ...SERVER, kind: 'none' as const },
    { ...SERVER, test: ['docker', 'exec', 'web', 'nginx', '-t'] },
  ]) {
    const { outcome, ran } = await outcomeOf({ config: configIn(DIRECTORY, { webServer }) });
    expect([shortly(outcome), ran]).toEqual(['skip', []]);
  }
  const [self, ...peers] = configIn(DIRECTORY).nodes;
  if (self === undefined) throw new Error('a cluster has a node');
  const config = configIn(DIRECTORY, { nodes: [{ ...self, isDrained: true }, ...peers] });
  expect((await outcomeOf({ config })).ran).toEqual([]);
});

test('one drill is made for all that ask', async () => {
  let drills = 0;
  const verdict = { isMet: true, elapsedMs: 1, targets: [] } as Verdict;
  const { cluster, env, state, signal } = healthy(DIRECTORY);
  const drill = async () => {
    drills += 1;
    return verdict;
  };
  const context = createContext({ cluster, env, state, client: null, drill, share: null }, signal);
  expect(await Promise.all([context.drill?.([], signal), context.drill?.([], signal)])).toEqual([
    verdict,
    verdict,
  ]);
  expect(drills).toBe(1);
});
