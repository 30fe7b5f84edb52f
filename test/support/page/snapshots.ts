import type { SeenNode, SeenRow, Snapshot, Survey } from '../../../lib/agent/page/snapshot.ts';
import type { DoctorRun, DoctorSeen } from '../../../lib/state/doctor-run.ts';
import type { LoggedEvent } from '../../../lib/state/event.ts';

// Clusters as a node may see them, for the status page.

export const NOW = Date.parse('2026-11-28T09:00:12Z');
const VIP = '192.168.69.10';
const DAY_MS = 86_400_000;

export const at = (ms: number) => new Date(NOW + ms).toISOString();

export function seenNode(index: number, rest: Partial<SeenNode> = {}): SeenNode {
  return {
    ...{ node: `web${index}`, address: `192.168.69.${10 + index}`, isSelf: index === 1, isDrained: false },
    ...{ agent: 'reachable', reason: null, version: '0.1.0', heldVips: [], challenges: 0 },
    ...rest,
  };
}

/** A lineage that every node and the VIP have and serve, issued so many days ago. */
export function seenRows(
  lineage: string,
  nodes: readonly SeenNode[],
  { age = 12, rest = () => ({}) }: { age?: number; rest?: (target: string) => Partial<SeenRow> } = {},
): readonly SeenRow[] {
  const [notBefore, notAfter] = [at(-age * DAY_MS), at((90 - age) * DAY_MS)];
  const rowOf = (target: string, address: string): SeenRow => ({
    ...{ lineage, target, address, expected: false, notBefore, notAfter },
    ...{ installed: target === 'vip' ? null : 'newest', serves: 'newest' },
    generation: target === 'vip' ? null : { sha256: 'a'.repeat(64), notBefore, notAfter },
    ...rest(target),
  });
  return [
    ...nodes.filter(({ isDrained }) => !isDrained).map(({ node, address }) => rowOf(node, address)),
    rowOf('vip', VIP),
  ];
}

export function survey(rest: Partial<Survey> = {}): Survey {
  const nodes = rest.nodes ?? [seenNode(1), seenNode(2), seenNode(3)];
  const lineages =
    rest.lineages ??
    [
      seenRows('www.example.com', nodes),
      seenRows('mail.example.com', nodes, {
        age: 41,
        rest: (target) => (target === 'web3' ? { serves: null } : {}),
      }),
      seenRows('shop.example.org', nodes, { age: 3 }),
    ].flat();
  return {
    at: at(-12_000),
    isCutOff: false,
    self: 'web1',
    issuer: { mode: 'shared', rule: 'vip', nodes: ['web1'] },
    nodes,
    vips: [{ address: VIP, holder: 'web1', holders: ['web1'] }],
    lineages,
    renewals: [...new Map(lineages.map((row) => [row.lineage, row])).values()].map(
      ({ lineage, notAfter }) => ({
        lineage,
        due: new Date(Date.parse(notAfter) - 30 * DAY_MS).toISOString(),
        isLate: false,
      }),
    ),
    ...{ outstanding: [], deletions: [], notes: [], overrides: [], accounts: [], troubles: [] },
    ...rest,
  };
}

const EVENTS: readonly LoggedEvent[] = (
  [
    { at: at(-40_000), program: 'sync', event: 'sync', ms: 412, outcome: 'ok' },
    {
      at: at(-3 * DAY_MS),
      program: 'deploy',
      event: 'renewal',
      lineage: 'shop.example.org',
      ms: 6_310,
      outcome: 'ok',
    },
    {
      at: at(-3 * DAY_MS - 900),
      program: 'deploy',
      event: 'certificate-gate',
      lineage: 'shop.example.org',
      target: VIP,
      ms: 803,
      outcome: 'ok',
    },
    {
      at: at(-3 * DAY_MS - 2_900),
      program: 'deploy',
      event: 'delivery',
      lineage: 'shop.example.org',
      peer: 'web2',
      ms: 1_204,
      outcome: 'ok',
    },
    {
      at: at(-3 * DAY_MS - 9_000),
      program: 'auth',
      event: 'challenge-gate',
      identifier: 'shop.example.org',
      target: 'web2',
      ms: 38,
      outcome: 'ok',
    },
    {
      at: at(-3 * DAY_MS - 9_100),
      program: 'auth',
      event: 'challenge-presented',
      identifier: 'shop.example.org',
      peer: 'web2',
      tokens: 1,
      ms: 9,
      outcome: 'ok',
    },
    {
      at: at(-4 * DAY_MS),
      program: 'deploy',
      event: 'delivery',
      lineage: 'www.example.com',
      peer: 'web3',
      ms: 10_004,
      outcome: 'agent-silent',
    },
  ] satisfies readonly Omit<LoggedEvent, 'node'>[]
).map((event) => ({ node: 'web1', ...event }));

/** Three hours ago. */
export function doctorRun(rest: Pick<DoctorRun, 'result' | 'checks'> & Partial<DoctorRun>): DoctorSeen {
  return { state: 'run', run: { node: 'web1', at: at(-3 * 3_600_000), complaints: [], ...rest } };
}

export function snapshot(rest: Partial<Snapshot> = {}): Snapshot {
  return {
    ...{ node: 'web1', version: '0.1.0', nowMs: NOW, survey: survey(), trouble: null, isLooking: false },
    events: EVENTS,
    doctor: doctorRun({ result: 'pass', checks: { pass: 31, warn: 0, fail: 0 } }),
    ...rest,
  };
}

const SILENT = {
  code: 'connection-refused',
  message: 'agent port 9480: connection refused: is certbot-ha-agent running there?',
};

export function nodeDown(): Snapshot {
  const nodes = [
    seenNode(1),
    seenNode(2, { agent: 'unreachable', reason: SILENT, version: null }),
    seenNode(3),
  ];
  const gone = (target: string): Partial<SeenRow> =>
    target === 'web2' ? { installed: 'unknown', generation: null, serves: 'nothing' } : {};
  const lineages = ['www.example.com', 'mail.example.com'].flatMap((name) =>
    seenRows(name, nodes, { rest: gone }),
  );
  const troubles = [
    { who: 'web2 192.168.69.12', found: SILENT },
    ...['www.example.com', 'mail.example.com'].map((name) => ({
      who: 'web2 192.168.69.12',
      found: { code: 'nothing-served', message: `${name} is not served there, and is elsewhere` },
    })),
  ];
  return snapshot({ survey: survey({ nodes, lineages, troubles }) });
}

export function nodeBehind(): Snapshot {
  const nodes = [seenNode(1), seenNode(2), seenNode(3)];
  const old = {
    installed: 'older',
    serves: 'another',
    generation: { sha256: 'b'.repeat(64), notBefore: at(-71 * DAY_MS), notAfter: at(19 * DAY_MS) },
  } as const;
  const lineages = [
    ...seenRows('www.example.com', nodes, { rest: (target) => (target === 'web3' ? old : {}) }),
    ...seenRows('mail.example.com', nodes, { age: 41 }),
  ];
  const found = {
    code: 'outstanding-long',
    message: 'www.example.com is outstanding since 2026-11-16T09:00:12Z',
  };
  return snapshot({
    survey: survey({
      ...{ nodes, lineages },
      outstanding: [{ node: 'web3', lineage: 'www.example.com', since: at(-12 * DAY_MS), reason: SILENT }],
      troubles: [
        {
          who: 'web3 192.168.69.13',
          found: { code: 'older-installed', message: 'an older generation of www.example.com is installed' },
        },
        { who: 'web3', found },
      ],
    }),
    doctor: doctorRun({
      ...{ result: 'fail', checks: { pass: 28, warn: 1, fail: 2 } },
      complaints: [
        {
          ...{ check: 'peers', result: 'fail', code: 'connection-refused' },
          message: `web3 192.168.69.13: ${SILENT.message}\n  ssh root@web3 systemctl start certbot-ha-agent`,
        },
        {
          ...{ check: 'served', result: 'fail', code: 'older-served' },
          message: 'web3 serves an older certificate of www.example.com',
        },
        {
          ...{ check: 'renewer', result: 'warn', code: 'renewer-twice' },
          message: 'certbot.timer and /etc/cron.d/certbot both renew',
        },
      ],
    }),
  });
}

export function nothingYet(): Snapshot {
  return snapshot({
    survey: survey({ lineages: [], renewals: [] }),
    ...{ events: [], doctor: { state: 'none' } },
  });
}

/** So many that they have to be scrolled. */
export function many(nodeCount = 24, lineageCount = 100): Snapshot {
  const nodes = Array.from({ length: nodeCount }, (_, index) =>
    seenNode(index + 1, { isDrained: index === 5 }),
  );
  const lineages = Array.from({ length: lineageCount }, (_, index) =>
    seenRows(`site-${String(index + 1).padStart(3, '0')}.customer.example.com`, nodes, { age: index % 60 }),
  ).flat();
  return snapshot({ survey: survey({ nodes, lineages }) });
}

/** What a peer, a file or a hand may have put where a name or a reason is expected. */
export const HOSTILE = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>!\${7*7}&lt;\u202e\u0007`;

/** Every text of a snapshot is hostile. */
export function hostile(): Snapshot {
  const { nodes, ...rest } = nodeBehind().survey ?? survey();
  const seen = { ...rest, nodes: nodes.map((node) => ({ ...node, reason: SILENT })), notes: [SILENT] };
  const made = snapshot({ ...nodeBehind(), survey: seen, trouble: HOSTILE });
  const kept = new Set([
    'at',
    'notBefore',
    'notAfter',
    'due',
    'since',
    'installed',
    'serves',
    'agent',
    'mode',
    'state',
    'result',
  ]);
  return JSON.parse(JSON.stringify(made), (key, value: unknown) =>
    typeof value === 'string' && !kept.has(key) ? `${value}${HOSTILE}` : value,
  ) as Snapshot;
}
