import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../../lib/doctor/check.ts';
import { agents } from '../../../lib/doctor/checks/agents.ts';
import { alike } from '../../../lib/doctor/checks/alike.ts';
import { certificates } from '../../../lib/doctor/checks/certificates.ts';
import { challenges } from '../../../lib/doctor/checks/challenges.ts';
import { clocks } from '../../../lib/doctor/checks/clocks.ts';
import { configuration } from '../../../lib/doctor/checks/configuration.ts';
import { complaintsOf } from '../../../lib/doctor/checks/disk.ts';
import { failures } from '../../../lib/doctor/checks/failures.ts';
import { lastRuns } from '../../../lib/doctor/checks/last-runs.ts';
import { outstanding } from '../../../lib/doctor/checks/outstanding.ts';
import { judge } from '../../../lib/doctor/checks/renewal.ts';
import type { CronJob } from '../../../lib/certbot/cron-jobs.ts';
import { units } from '../../../lib/doctor/checks/units.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Context } from '../../../lib/doctor/context.ts';
import type { Told } from '../../../lib/doctor/agents-told.ts';
import type { Unit } from '../../../lib/certbot/units-shown.ts';
import type { Verdict } from '../../../lib/gate/verdict.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { typed } from '../../../lib/findings/step.ts';
import {
  configIn,
  healthy,
  nodeRow,
  renewing,
  row,
  shortly,
  status,
  stepsIn,
  told,
  unit,
  unitsWith,
} from './healthy.ts';

const DIRECTORY = '/srv';
const CONFIG = configIn(DIRECTORY);
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
const REFUSED = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' } as const;

const silent = (at: number, rest: Partial<Told['node']> = {}): Told => {
  const one = told(CONFIG, at);
  return {
    ...one,
    node: { ...one.node, ...rest },
    answer: { isOk: false, reason: REFUSED, isSilent: true },
    clock: null,
  };
};
const agentsSay = (...answers: readonly Told[]): Partial<Context> => ({ agents: async () => answers });
const unitsAre = (...others: readonly Unit[]): Partial<Context> => ({
  units: async () => unitsWith(...others),
});
const holding = (...places: readonly string[]): Partial<Context> => ({
  ...unitsAre(unit('certbot-ha-agent.socket')),
  run: async () => {
    const stdout = places.map((place) => `${place} (Stream)\n`).join('');
    return { code: 0, stdout, stderr: '', trouble: null };
  },
});
const shown = (rest: Parameters<typeof status>[0]): Partial<Context> => ({ seen: async () => status(rest) });
const kept = (rest: object): Partial<Context> => ({ state: rest as unknown as Context['state'] });
const due = (since: string) => ({ node: 'web2', lineage: 'a.test', id: 'x', reason: REFUSED, since });

const seenBy = (
  state: 'served' | 'failing' | 'drained',
  reason: Finding | null,
  unsent: Finding | null = null,
) => {
  const node = CONFIG.nodes[1] ?? null;
  const target = {
    kind: 'node',
    name: 'web2',
    address: '192.0.2.2',
    httpPort: 80,
    httpsPort: 443,
    node,
  } as const;
  const report = { target: { ...target, isSelf: false, isDrained: false }, state, reason, unsent };
  return { ...report, attempts: 1, elapsedMs: 1, missing: ['a.test'] };
};
const drilled = (...targets: readonly ReturnType<typeof seenBy>[]): Partial<Context> => ({
  drill: async (): Promise<Verdict> => ({ isMet: false, elapsedMs: 1, targets }),
});

type Case = readonly [string, Check, Partial<Context>, unknown];

describe('a check of the doctor', () => {
  test.each<Case>([
    ['the configuration that is there', configuration, {}, 'pass'],
    ['agents that answer', agents, {}, 'pass'],
    ['agents without a key', agents, { agents: async () => null }, 'skip'],
    [
      'an agent that does not answer',
      agents,
      agentsSay(told(CONFIG, 0), silent(1), told(CONFIG, 2)),
      [['fail', 'connection-refused', 'web2 192.0.2.2']],
    ],
    ['one that is drained', agents, agentsSay(told(CONFIG, 0), silent(1, { isDrained: true })), 'pass'],
    ['the same configuration', alike, {}, 'pass'],
    ['agents that tell nothing', alike, agentsSay(silent(1)), 'skip'],
    ['agents of before', alike, agentsSay(told(CONFIG, 1, 0, { configuration: undefined })), 'pass'],
    [
      'another configuration there',
      alike,
      agentsSay(told(CONFIG, 0), told(CONFIG, 1, 0, { configuration: 'f'.repeat(16) })),
      [['fail', 'configuration-differs', 'web2 192.0.2.2']],
    ],
    [
      'an agent here that has not been reloaded',
      alike,
      agentsSay(told(CONFIG, 0, 0, { configuration: 'f'.repeat(16) })),
      [['fail', 'configuration-not-loaded', 'web1 192.0.2.1']],
    ],
    [
      'another version, which may read the file differently',
      alike,
      agentsSay(told(CONFIG, 1, 0, { version: '0.0.1', configuration: 'f'.repeat(16) })),
      [['warn', 'version-differs', 'web2 192.0.2.2']],
    ],
    [
      'clocks alike',
      clocks,
      agentsSay(told(CONFIG, 0), told(CONFIG, 1, 4_900), told(CONFIG, 2, -4_900)),
      'pass',
    ],
    ['clocks that nobody tells', clocks, agentsSay(told(CONFIG, 0), silent(1)), 'skip'],
    [
      'a clock there that is ahead',
      clocks,
      agentsSay(told(CONFIG, 0), told(CONFIG, 1, 30_000), told(CONFIG, 2)),
      [['fail', 'clock-differs', 'web2 192.0.2.2']],
    ],
    [
      'the clock here that is behind all others',
      clocks,
      agentsSay(told(CONFIG, 0), told(CONFIG, 1, 30_000), told(CONFIG, 2, 30_100)),
      [['fail', 'clock-differs', 'web1 192.0.2.1']],
    ],
    [
      'the clock of one of two',
      clocks,
      agentsSay(told(CONFIG, 0), told(CONFIG, 1, -30_000)),
      [['fail', 'clock-differs', 'web2 192.0.2.2']],
    ],
    [
      'an answer that was too slow to tell',
      clocks,
      agentsSay(told(CONFIG, 0), { ...told(CONFIG, 1), clock: { aheadMs: 6_000, unsureMs: 2_000 } }),
      'pass',
    ],
    ['units that run', units, {}, 'pass'],
    ['a host without systemd', units, { units: async () => null }, 'skip'],
    [
      'a unit that is not there',
      units,
      unitsAre(unit('certbot-ha-sync.path', { isKnown: false, state: 'inactive' })),
      [['fail', 'unit-missing', null]],
    ],
    [
      'one that does not run',
      units,
      unitsAre(unit('certbot-ha-agent.service', { state: 'inactive' })),
      [['fail', 'unit-inactive', null]],
    ],
    [
      'one that does not start at boot',
      units,
      unitsAre(unit('certbot-ha-sync.timer', { enabled: 'disabled' })),
      [['warn', 'unit-disabled', null]],
    ],
    ...(['enabled-runtime', 'linked', 'linked-runtime', 'static', ''] as const).map((enabled): Case => [
      `one that is ${enabled || 'nothing'} at boot`,
      units,
      unitsAre(unit('certbot-ha-sync.timer', { enabled })),
      [['warn', 'unit-disabled', null]],
    ]),
    [
      'one that is masked',
      units,
      unitsAre(unit('certbot-ha-sync.timer', { isKnown: false, load: 'masked', state: 'inactive' })),
      [['fail', 'unit-masked', null]],
    ],
    [
      'one that cannot be loaded',
      units,
      unitsAre(unit('certbot-ha-sync.timer', { isKnown: false, load: 'bad-setting' })),
      [['fail', 'unit-broken', null]],
    ],
    [
      'a timer of the doctor that is not enabled',
      units,
      unitsAre(unit('certbot-ha-doctor.timer', { state: 'inactive', enabled: 'disabled' })),
      [['warn', 'unit-inactive', null]],
    ],
    ['a socket that holds the addresses', units, holding('192.0.2.1:9480', '127.0.0.1:9481'), 'pass'],
    [
      'one that holds an address of before',
      units,
      holding('192.0.2.9:9480', '127.0.0.1:9481'),
      [['warn', 'sockets-differ', null]],
    ],
    [
      'one that somebody has enabled by hand',
      units,
      holding('127.0.0.1:9481'),
      [['warn', 'sockets-differ', null]],
    ],
    [
      'a renewal that has failed',
      lastRuns,
      unitsAre(unit('certbot.service', { state: 'failed' })),
      [['fail', 'unit-failed', null]],
    ],
    [
      'a renewal by a unit of another name that has failed',
      lastRuns,
      unitsAre(
        ...renewing('own', '').map((one) => (one.unit === 'own.service' ? { ...one, state: 'failed' } : one)),
      ),
      [['fail', 'unit-failed', null]],
    ],
    [
      'a delivery that has failed, which is tried again',
      lastRuns,
      unitsAre(unit('certbot-ha-sync.service', { state: 'failed' })),
      [['warn', 'unit-failed', null]],
    ],
    ['runs that have ended well', lastRuns, {}, 'pass'],
    ['runs where systemd is not', lastRuns, { units: async () => null }, 'skip'],
    ['certificates that are served', certificates, {}, 'pass'],
    ['certificates without agents to ask', certificates, { seen: async () => null }, 'skip'],
    [
      'an older one served, just issued or not',
      certificates,
      shown({ lineages: [row(), row({ serves: 'another', notBefore: hours(-0.1) })] }),
      [['fail', 'older-served', 'web2 192.0.2.2']],
    ],
    [
      'one that ends',
      certificates,
      shown({ lineages: [row({ notAfter: hours(24) })] }),
      [['fail', 'certificate-ends', null]],
    ],
    [
      'one that the configuration alone knows',
      certificates,
      shown({ notes: [{ code: 'lineage-not-known', lineage: 'b.test', file: '/x' }] }),
      [['warn', 'lineage-not-known', null]],
    ],
    [
      'a VIP on two nodes',
      certificates,
      shown({ vips: [{ address: 'v', holder: 'web1', holders: ['web1', 'web2'] }] }),
      [['fail', 'vip-held-twice', null]],
    ],
    [
      'no VIP that a node may hold that does not answer',
      certificates,
      shown({
        nodes: [nodeRow('web1'), nodeRow('web2', { agent: 'unreachable', reason: REFUSED })],
        vips: [{ address: 'v', holder: null, holders: [] }],
      }),
      'pass',
    ],
    [
      'a VIP that nobody holds',
      certificates,
      shown({ nodes: [nodeRow('web1')], vips: [{ address: 'v', holder: null, holders: [] }] }),
      [['fail', 'vip-without-holder', null]],
    ],
    ['a drill that is left out', challenges, {}, 'skip'],
    ['a drill that passes', challenges, drilled(seenBy('served', null), seenBy('drained', null)), 'pass'],
    [
      'a location that is missing',
      challenges,
      drilled(seenBy('failing', { code: 'token-not-found', server: 'nginx', origin: null })),
      [['fail', 'token-not-found', 'web2 192.0.2.2: a.test']],
    ],
    [
      'a webroot there that its agent cannot write',
      challenges,
      drilled(
        seenBy(
          'failing',
          { code: 'token-not-found', server: 'nginx', origin: null },
          { code: 'agent-refuses', status: 500, detail: 'not writable' },
        ),
      ),
      [['fail', 'agent-refuses', 'web2 192.0.2.2: a.test']],
    ],
    ['nothing outstanding', outstanding, {}, 'pass'],
    [
      'what is outstanding for long, and what may be on its way',
      outstanding,
      kept({ outstanding: { list: async () => [due(hours(-2)), due(hours(-0.1))] } }),
      [
        ['fail', 'outstanding-long', 'web2'],
        ['warn', 'outstanding-long', 'web2'],
      ],
    ],
    ['no name near the limit', failures, {}, 'pass'],
    [
      'a name near the limit',
      failures,
      kept({ gateFailures: { near: async () => new Map([['a.test', 4]]) } }),
      [['warn', 'validation-limit-near', null]],
    ],
  ])('tells of %s', async (_, check, rest, expected) => {
    expect(shortly(await check.run(healthy(DIRECTORY, rest)))).toEqual(expected);
  });

  test('tells of a listener for this host that other hosts reach', async () => {
    const told = async (adminListen: string) =>
      shortly(
        await configuration.run(
          healthy(DIRECTORY, {}, configIn(DIRECTORY, { agent: { ...CONFIG.agent, adminListen } })),
        ),
      );
    expect(await told('0.0.0.0:9481')).toEqual([['warn', 'admin-open', null]]);
    for (const place of ['127.0.0.1:9481', '[::1]:9481', 'off']) expect(await told(place)).toBe('pass');
  });

  test('tells of a unit that does not run, also where the agent has no address', async () => {
    const [self, ...peers] = CONFIG.nodes as [ClusterNode, ...ClusterNode[]];
    const config = configIn(DIRECTORY, { nodes: [{ ...self, address: '127.0.0.1' }, ...peers] });
    const [socket, stopped] = ['certbot-ha-agent.socket', 'certbot-ha-sync.path'];
    const given = { ...holding(), ...unitsAre(unit(socket), unit(stopped, { state: 'inactive' })) };
    expect(shortly(await units.run(healthy(DIRECTORY, given, config)))).toEqual([
      ['fail', 'unit-inactive', null],
      ['fail', 'address-on-loopback', null],
    ]);
  });

  test('tells of the timer of notify where somebody is to be told', async () => {
    const config = configIn(DIRECTORY, { notify: [{ kind: 'mail', address: 'root' }] });
    const shown = async (...others: readonly Unit[]) =>
      shortly(await units.run(healthy(DIRECTORY, unitsAre(...others), config)));
    expect(await shown()).toEqual([['fail', 'unit-missing', null]]);
    const timer = unit('certbot-ha-notify.timer', { state: 'inactive', enabled: 'disabled' });
    expect(await shown(timer)).toEqual([['fail', 'unit-inactive', null]]);
    expect(await shown(unit('certbot-ha-notify.timer'))).toBe('pass');
  });

  test('does not call a VIP held that it has seen on no node', async () => {
    const nodes = [nodeRow('web1'), nodeRow('web2', { agent: 'unreachable', reason: REFUSED })];
    const detail = async (holders: readonly string[]) => {
      const vips = [{ address: 'v', holder: holders[0] ?? null, holders }];
      const outcome = await certificates.run(healthy(DIRECTORY, shown({ nodes, vips })));
      return outcome.result === 'pass' ? outcome.detail : null;
    };
    expect(await detail(['web1'])).toContain('1 VIP held by one node each');
    expect(await detail([])).toContain('0 of 1 VIP seen held by one node each');
  });

  test('says on which node to type what', async () => {
    const outcome = await agents.run(healthy(DIRECTORY, agentsSay(told(CONFIG, 0), silent(1))));
    expect(stepsIn(outcome)[0]?.[0]).toBe('next: on web2: systemctl enable --now certbot-ha-agent');
  });

  test.for([
    ['nginx', 'on web2: nginx -t && systemctl reload nginx'],
    ['apache', 'on web2: apachectl configtest && systemctl reload apache2'],
  ] as const)('knows what is typed at %s', async ([kind, next]) => {
    const config = configIn(DIRECTORY, { webServer: { ...CONFIG.webServer, kind } });
    const context = healthy(DIRECTORY, shown({ lineages: [row({ serves: 'another' })] }), config);
    expect(stepsIn(await certificates.run(context))).toEqual([[`next: ${next}`]]);
  });

  test('leaves units and drop-ins that are missing to install', async () => {
    const missing = unitsAre(unit('certbot-ha-sync.path', { isKnown: false, state: 'inactive' }));
    const next = { complaints: [{ next: typed('certbot-ha install') }] };
    expect(await units.run(healthy(DIRECTORY, missing))).toMatchObject(next);
    const bare = unitsAre(...renewing('certbot', ''));
    expect(await judge(healthy(DIRECTORY, bare), [])).toMatchObject(next);
  });

  const OTHER = { configuration: 'f'.repeat(16) };
  const FILE = '/etc/certbot-ha/config.yaml';
  const KEEP = `cp -p --backup=numbered ${FILE} ${FILE}.before`;
  const OF_NONE = `! grep -qE "^[^#]?self.*:" ${FILE}`;
  const RELOAD = 'systemctl reload certbot-ha-agent';
  const diff = (host: string) => `ssh ${host} 'cat ${FILE}' | diff ${FILE} -`;
  const BY_HAND = [
    `next: ${diff('root@192.0.2.2')} && ssh root@192.0.2.2 ${RELOAD}`,
    'to do: where they differ, make them the same but for self',
    'on the node where the file was changed:',
    `next: ${RELOAD}`,
  ];
  test.for([
    [
      'most have the one of this node: it is copied where it is not the same already, and what was there is kept',
      [told(CONFIG, 1), told(CONFIG, 2, 0, OTHER)],
      null,
      [
        `next: ${diff('root@192.0.2.3')} || { ssh root@192.0.2.3 '${OF_NONE} && { test ! -e ${FILE} || ${KEEP}; }' && ` +
          `scp -p ${FILE} root@192.0.2.3:${FILE}; } && ssh root@192.0.2.3 ${RELOAD}`,
      ],
    ],
    ['the two are compared where it is one against one', [told(CONFIG, 1, 0, OTHER)], null, BY_HAND],
    [
      'nothing is copied over what most have',
      [told(CONFIG, 1, 0, OTHER), told(CONFIG, 2, 0, OTHER)],
      null,
      [
        BY_HAND[0],
        'where they differ, most nodes have the file of web2; to take it:',
        `next: ssh root@192.0.2.2 '${OF_NONE}' && ${KEEP} && scp -p root@192.0.2.2:${FILE} ${FILE} && ${RELOAD}`,
      ],
    ],
    [
      'one that names its own node is copied nowhere',
      [told(CONFIG, 1, 0, OTHER), told(CONFIG, 2)],
      'web1',
      BY_HAND,
    ],
  ] as const)('of configurations that differ, %s', async ([, others, self, steps]) => {
    const config = configIn(DIRECTORY, { self });
    const outcome = await alike.run(healthy(DIRECTORY, agentsSay(told(CONFIG, 0), ...others), config));
    expect(stepsIn(outcome)[0]).toEqual(steps);
  });

  test('takes agents for less where the transport does without them', async () => {
    const context = healthy(
      DIRECTORY,
      agentsSay(silent(1)),
      configIn(DIRECTORY, { transport: transportsOf('rsync') }),
    );
    expect(shortly(await agents.run(context))).toEqual([['warn', 'connection-refused', 'web2 192.0.2.2']]);
  });
});

describe('who renews', () => {
  const cron = { file: '/etc/cron.d/certbot', isLeftToSystemd: true, asksWho: false };
  const own = { file: '/etc/cron.daily/renew', isLeftToSystemd: false, asksWho: false };
  const stopped = unit('certbot.timer', { state: 'inactive', starts: 'certbot.service' });
  const bare = renewing('certbot', '');

  test.each<readonly [string, Partial<Context>, Parameters<typeof judge>[1], unknown]>([
    ["certbot's timer, which asks first, beside Debian's job", {}, [cron], 'pass'],
    ['nobody', unitsAre(stopped), [cron], [['fail', 'nobody-renews', null]]],
    ['a timer that does not ask', unitsAre(...bare), [], [['fail', 'condition-missing', null]]],
    [
      'a timer and one of somebody, which does not ask',
      unitsAre(...renewing('own', '')),
      [],
      [
        ['fail', 'several-renewers', null],
        ['fail', 'condition-missing', null],
      ],
    ],
    [
      'a job that asks beside the timer',
      {},
      [{ ...own, asksWho: true }],
      [['fail', 'several-renewers', null]],
    ],
    [
      "Debian's job on a host without systemd",
      { units: async () => null },
      [{ ...cron, asksWho: true }],
      'pass',
    ],
    ['a job that does not ask', unitsAre(stopped), [own], [['fail', 'condition-missing', null]]],
    [
      'a job that may not find what it asks',
      unitsAre(stopped),
      [{ ...own, asksWho: true, isUnfound: true as const }],
      [['warn', 'condition-not-found', null]],
    ],
    [
      'a timer that will not run after the next boot',
      unitsAre(unit('certbot.timer', { starts: 'certbot.service', enabled: 'disabled' })),
      [],
      [['warn', 'unit-disabled', null]],
    ],
  ])('is %s', async (_, rest, jobs, expected) => {
    expect(shortly(await judge(healthy(DIRECTORY, rest), jobs))).toEqual(expected);
  });

  test('need be told once: the one that asks stays', async () => {
    const outcome = await judge(healthy(DIRECTORY, unitsAre(...renewing('own', ''))), [own]);
    const next =
      "systemctl disable --now own.timer; cp -p --backup=numbered /etc/cron.daily/renew /root/cron.daily-renew && sed -i -E '/certbot.*renew/s/^/#/' /etc/cron.daily/renew";
    expect(stepsIn(outcome)[0]).toEqual([`next: ${next}`]);
  });

  test.for<readonly [CronJob, readonly string[]]>([
    [
      own,
      [
        'next: grep -n certbot /etc/cron.daily/renew',
        'to do: put before certbot there: /nowhere/certbot-ha is-issuer &&',
      ],
    ],
    [
      { ...own, asksWho: true, isUnfound: true as const },
      [
        "next: cp -p --backup=numbered /etc/cron.daily/renew /root/cron.daily-renew && sed -i -E 's#(^|[^/[:alnum:]_-])certbot-ha #\\1/nowhere/certbot-ha #' /etc/cron.daily/renew",
      ],
    ],
    [
      { ...own, script: '/opt/my renew.sh' },
      [
        "next: grep -n certbot '/opt/my renew.sh'",
        'to do: put before certbot there: /nowhere/certbot-ha is-issuer &&',
      ],
    ],
  ])('ask by a path that cron finds: %o', async ([job, steps]) => {
    const bin = await mkdtemp(join(tmpdir(), 'bin-'));
    onTestFinished(async () => await rm(bin, { recursive: true }));
    await writeFile(join(bin, 'certbot-ha'), '', { mode: 0o755 });
    const context = healthy(DIRECTORY, { ...unitsAre(stopped), env: { PATH: `/gone:${bin}` } });
    expect(stepsIn(await judge(context, [job]))).toEqual([
      steps.map((step) => step.replaceAll('/nowhere', bin)),
    ]);
  });

  test.for([
    ['certbot.timer', 'next: systemctl enable --now certbot.timer'],
    ['certbot-renew.timer', 'next: systemctl enable --now certbot-renew.timer'],
    ['snap.certbot.renew.timer', 'next: systemctl enable --now snap.certbot.renew.timer'],
  ] as const)('are started by the timer that this host has: %s', async ([timer, step]) => {
    const gone = unit('certbot.timer', { isKnown: false, load: 'not-found', state: 'inactive', starts: '' });
    const there = unit(timer, { state: 'inactive', enabled: 'disabled' });
    expect(stepsIn(await judge(healthy(DIRECTORY, unitsAre(gone, there)), []))).toEqual([[step]]);
    // What is not there has no name.
    const steps = stepsIn(await judge(healthy(DIRECTORY, unitsAre(gone)), []))
      .flat()
      .join('\n');
    expect(steps).toContain("next: systemctl list-unit-files '*certbot*.timer'");
    expect(steps).not.toMatch(/(certbot|renew)\.timer/);
  });

  test('keep the timer of certbot as this host has it, and each is named for a shell', async () => {
    const odd = 'own\\x2drenewal';
    const both = unitsAre(
      unit('certbot.timer', { isKnown: false, load: 'not-found', state: 'inactive' }),
      ...renewing(odd, ''),
      ...renewing('certbot-renew', ''),
    );
    expect(stepsIn(await judge(healthy(DIRECTORY, both), []))).toEqual([
      [`next: systemctl disable --now '${odd}.timer'`],
      [`next: certbot-ha install --certbot-unit '${odd}.service'`],
      ['next: certbot-ha install'],
    ]);
  });

  test('read the configuration in use when they ask', async () => {
    const config = configIn(DIRECTORY, { file: '/srv/a b.yaml' });
    const steps = async (jobs: readonly CronJob[], rest = unitsAre(stopped)) =>
      stepsIn(await judge(healthy(DIRECTORY, { ...rest, env: {} }, config), jobs)).flat();
    const asking = "/usr/local/bin/certbot-ha --config '/srv/a b.yaml' is-issuer &&";
    expect(await steps([own])).toContain(`to do: put before certbot there: ${asking}`);
    expect(await steps([], { units: async () => null })).toEqual([
      'next: crontab -e',
      `to do: add there: 17 3,15 * * * ${asking} certbot -q renew`,
    ]);
  });

  test('need be nobody where another node alone is the issuer', async () => {
    const certificates = { ...CONFIG.certificates, issuer: 'web2' };
    const context = healthy(DIRECTORY, unitsAre(stopped), configIn(DIRECTORY, { certificates }));
    expect(shortly(await judge(context, []))).toBe('pass');
  });

  test('need not ask where every node renews', async () => {
    const certificates = { ...CONFIG.certificates, issuer: 'any' };
    const context = healthy(DIRECTORY, unitsAre(...bare), configIn(DIRECTORY, { certificates }));
    expect(shortly(await judge(context, []))).toBe('pass');
  });
});

test.each([
  [{ mebibytes: 500, inodes: 5_000 }, []],
  [{ mebibytes: 500, inodes: null }, []],
  [{ mebibytes: 100, inodes: 5_000 }, [['warn', 'little-room']]],
  [
    { mebibytes: 1, inodes: 500 },
    [
      ['fail', 'little-room'],
      ['warn', 'few-inodes'],
    ],
  ],
  [{ mebibytes: 500, inodes: 5 }, [['fail', 'few-inodes']]],
])('a file system with %j left', (room, expected) => {
  expect(complaintsOf('/var', room).map(({ level, found }) => [level, found.code])).toEqual(expected);
});
