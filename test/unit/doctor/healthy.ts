import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { VERSION } from '../../../lib/base/version.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { digestOf } from '../../../lib/cluster/digest.ts';
import type { Told } from '../../../lib/doctor/agents-told.ts';
import type { Outcome } from '../../../lib/doctor/check.ts';
import type { Context } from '../../../lib/doctor/context.ts';
import type { Unit } from '../../../lib/certbot/units-shown.ts';
import { linesOf } from '../../../lib/commands/doctor-lines.ts';
import type { Step } from '../../../lib/findings/step.ts';
import type { LineageRow } from '../../../lib/status/lineage-row.ts';
import type { ClusterStatus, NodeRow } from '../../../lib/status/nodes.ts';

/** Of each that a check has found, what the doctor prints below it. */
export function stepsIn(outcome: Outcome): readonly (readonly string[])[] {
  return outcome.result === 'found' ? outcome.complaints.map(({ next }) => shownSteps(next)) : [];
}

/** The lines below a finding, as the doctor prints them. */
export function shownSteps(next: readonly Step[]): readonly string[] {
  const complaints = [{ level: 'fail', who: null, found: { code: 'nobody-renews' }, next }] as const;
  const [, ...below] = linesOf([{ name: 'x', result: 'fail', detail: '', complaints }]);
  return below.map((line) => line.trimStart());
}

const DAY_MS = 86_400_000;

const node = (name: string, address: string, webroot: string): ClusterNode => ({
  ...{ name, address, webroot, isDrained: false, agentPort: 9480, httpPort: 80, httpsPort: 443 },
});

/** Three nodes, of which web1 is this one. */
export function configIn(directory: string, rest: Partial<Config> = {}): Config {
  const nodes = ['web1', 'web2', 'web3'].map((name, index) => node(name, `192.0.2.${index + 1}`, directory));
  return {
    ...{
      file: '/etc/certbot-ha/config.yaml',
      nodes,
      vips: ['192.0.2.10'],
      stateDir: directory,
      transport: transportsOf('http'),
    },
    gate: { timeoutMs: 60_000, require: 'all' },
    agent: {
      ...{ port: 9480, adminListen: '127.0.0.1:9481', lookup: 'peers' },
      ...{ keyFile: `${directory}/cluster.key`, tokenTtlMs: 3_600_000 },
    },
    certificates: { mode: 'shared', issuer: 'vip', configDir: directory, lineages: {} },
    webServer: { kind: 'nginx', runsOn: 'all' },
    notify: [],
    dns: null,
    ...rest,
  } as unknown as Config;
}

/** What the agent of a node answers, its clock so many milliseconds ahead. */
export function told(config: Config, at: number, aheadMs = 0, rest: object = {}): Told {
  const one = config.nodes[at] as ClusterNode;
  const body = { node: one.name, version: VERSION, uptimeSeconds: 9, vips: [], challenges: 0 };
  return {
    ...{ node: one, isSelf: at === 0, clock: { aheadMs, unsureMs: 5 } },
    answer: { isOk: true, body: { ...body, configuration: digestOf(config), ...rest } },
  };
}

export const unit = (name: string, rest: Partial<Unit> = {}): Unit => ({
  ...{ unit: name, isKnown: true, load: 'loaded', state: 'active', enabled: 'enabled' },
  ...{ isStale: false, starts: '', command: '', condition: '' },
  ...rest,
});

/** A timer that renews, and what it starts. */
export const renewing = (name: string, condition: string, rest: Partial<Unit> = {}): readonly Unit[] => [
  unit(`${name}.timer`, { starts: `${name}.service`, ...rest }),
  unit(`${name}.service`, {
    ...{ state: 'inactive', enabled: 'static', condition },
    command: '{ path=/usr/bin/certbot ; argv[]=/usr/bin/certbot -q renew ; ignore_errors=no ; }',
  }),
];

const CONDITION =
  '{ path=/bin/sh ; argv[]=/bin/sh -c /usr/local/bin/certbot-ha is-issuer; code=$?; exit $code ; }';

/** The units of a sound node, with some in place of others. */
export function unitsWith(...others: readonly Unit[]): ReadonlyMap<string, Unit> {
  const idle = { state: 'inactive', enabled: 'static' };
  const all = [
    ...['certbot-ha-agent.service', 'certbot-ha-installer.path', 'certbot-ha-sync.path'].map((name) =>
      unit(name),
    ),
    unit('certbot-ha-sync.timer', { starts: 'certbot-ha-sync.service' }),
    unit('certbot-ha-doctor.timer', { starts: 'certbot-ha-doctor.service' }),
    unit('certbot-ha-sync.service', { ...idle, command: '{ argv[]=/usr/local/bin/certbot-ha sync ; }' }),
    ...renewing('certbot', CONDITION),
    ...others,
  ];
  return new Map(all.map((one) => [one.unit, one]));
}

export function row(rest: Partial<LineageRow> = {}): LineageRow {
  const at = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
  return {
    ...{ lineage: 'a.test', target: 'web2', address: '192.0.2.2', installed: 'newest', serves: 'newest' },
    ...{ generation: null, expected: false, notBefore: at(-30), notAfter: at(60) },
    ...rest,
  };
}

export const nodeRow = (name: string, rest: Partial<NodeRow> = {}): NodeRow => ({
  ...{ node: name, address: '192.0.2.1', isSelf: false, isDrained: false, agent: 'reachable', reason: null },
  ...{ version: '1.0.0', heldVips: [], challenges: 0 },
  ...rest,
});

export function status(rest: Partial<ClusterStatus> = {}): ClusterStatus {
  const holder = { address: '192.0.2.10', holder: 'web1', holders: ['web1'] };
  return {
    ...{ nodes: [], vips: [holder], lineages: [row()], deletions: [] },
    ...{ outstanding: [], notes: [], overrides: [], accounts: [] },
    ...rest,
  };
}

/** What a check sees where all is well. */
export function healthy(
  directory: string,
  rest: Partial<Context> = {},
  config = configIn(directory),
): Context {
  const [self, ...peers] = config.nodes;
  if (self === undefined) throw new Error('a cluster has a node');
  return {
    ...{
      cluster: { config, self, peers },
      env: {},
      signal: new AbortController().signal,
      client: null,
      drill: null,
      share: null,
    },
    state: {
      outstanding: { list: async () => [] },
      journal: { list: async () => [] },
      records: { installedOf: async () => null },
      gateFailures: { near: async () => new Map() },
    } as unknown as Context['state'],
    run: async () => ({ code: 1, stdout: '', stderr: '', trouble: null }),
    agents: async () => config.nodes.map((_, index) => told(config, index)),
    seen: async () => status(),
    units: async () => unitsWith(),
    webrootAnswers: async () => true,
    standby: async () => null,
    names: async () => ['a.test'],
    ...rest,
  };
}

/** `pass`, `skip` or, of each complaint, its level, its code and whose it is. */
export function shortly(outcome: Outcome): unknown {
  if (outcome.result !== 'found') return outcome.result;
  return outcome.complaints.map(({ level, found, who }) => [level, found.code, who]);
}
