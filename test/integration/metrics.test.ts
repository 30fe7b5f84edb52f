// @module-tag slow
import { once } from 'node:events';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { load } from 'js-yaml';
import { describe, onTestFinished } from 'vitest';
import { writeDoctorRun } from '../../lib/state/doctor-run.ts';
import { createEvents } from '../../lib/state/events.ts';
import { eventually } from '../lab/eventually.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { run } from '../support/programs/program.ts';

/** What /metrics of the second node answers. */
async function scrape({ nodes, adminPort }: TestCluster) {
  const answer = await request(`http://${nodes[1].address}:${adminPort}/metrics`);
  return { type: answer.headers['content-type'], text: await answer.body.text() };
}

/** A scrape that has seen the cluster: the first one may be sooner. */
async function seen(cluster: TestCluster): Promise<string> {
  return await eventually(async () => (await scrape(cluster)).text, {
    until: (text) => text.includes('certbot_ha_survey_success 1'),
    ...{ timeoutMs: 15_000, what: 'a look at the cluster' },
  });
}

const MONITORING = resolve(import.meta.dirname, '../../docs/monitoring');
const PAGE = resolve(import.meta.dirname, '../../docs/monitoring.md');

/** What Prometheus adds to each series, and what its own series of alerts has. */
const OF_PROMETHEUS = ['job', 'instance', 'alertname', 'alertstate'];

interface Query {
  readonly expr: string;
  /** of a panel's series, or of an alert */
  readonly words: string;
}

/** Of the dashboard and of the alert rules. */
async function queriesOf(): Promise<readonly Query[]> {
  const { panels } = JSON.parse(await readFile(join(MONITORING, 'grafana.json'), 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { expr: string; legendFormat?: string }[] }[];
  };
  const { groups } = load(await readFile(join(MONITORING, 'certbot-ha.rules.yml'), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { expr: string; annotations: object }[] }[];
  };
  return [
    ...panels
      .flatMap(({ targets }) => targets)
      .map(({ expr, legendFormat = '' }) => ({ expr, words: legendFormat })),
    ...groups
      .flatMap(({ rules }) => rules)
      .map(({ expr, annotations }) => ({
        expr,
        words: Object.values(annotations).join(' ').replaceAll('$labels.', ''),
      })),
  ];
}

/** Labels that a query or its words name, and that none of its metrics has by the page: such a query never gives anything. */
function unknownLabels(
  { expr, words }: Query,
  labels: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const labelsOf = (metric: string) => [
    ...OF_PROMETHEUS,
    ...(labels.get(metric) ?? labels.get(metric.replace(/_(?:bucket|sum|count)$/, '')) ?? []),
  ];
  const matched = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, metric = '', given = '']) =>
    [...given.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].filter(
      ([, label = '']) => !labelsOf(metric).includes(label),
    ),
  );
  const all = new Set((expr.match(/\b(?:certbot_ha|process|nodejs)_\w+/g) ?? ['']).flatMap(labelsOf));
  const named = [
    ...[...expr.matchAll(/\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g)].flatMap(
      ([, given = '']) => given.match(/\w+/g) ?? [],
    ),
    ...[...words.matchAll(/\{\{\s*(\w+)/g)].map(([, label = '']) => label),
  ];
  return [...matched.map(([, label = '']) => label), ...named.filter((label) => !all.has(label))].map(
    (label) => `${label} in ${expr}`,
  );
}

const event = { event: 'challenge-gate', target: 'web1', ms: 300 } as const;

describe('/metrics', () => {
  test('is in the format of Prometheus, and has what the agent sees of the cluster', async ({ cluster }) => {
    await cluster.configure({ vips: ['198.51.100.9'] });
    await cluster.nodes[0].startAgent();
    await cluster.nodes[1].startAgent();
    const text = await seen(cluster);
    expect((await scrape(cluster)).type).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'certbot_ha_node_up{node="web1"} 1',
      'certbot_ha_node_up{node="web3"} 0',
      'certbot_ha_vip_holder{vip="198.51.100.9",node="web1"} 0',
      'certbot_ha_deliveries_outstanding{node="web3"} 0',
      'certbot_ha_gate_duration_seconds_count{gate="challenge",target="198.51.100.9",outcome="failed"} 0',
      'certbot_ha_challenge_pushes_total{node="web1",outcome="ok"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(await run(['promtool', 'check', 'metrics'], { input: text })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('has what its page lists, with type and labels, and no more, and all that rules and dashboard name', async ({
    cluster,
  }) => {
    await cluster.nodes[1].startAgent();
    const text = await seen(cluster);
    const printed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const rows = [
      ...(await readFile(PAGE, 'utf8')).matchAll(/^\| `(\w+)` +\| (gauge|counter|histogram) +\| ([^|]*)\|/gm),
    ];
    expect(rows.map(([, name, type]) => `${name} ${type}`).toSorted()).toEqual(printed.toSorted());
    const used = await Promise.all(
      ['certbot-ha.rules.yml', 'grafana.json'].map(
        async (name) => await readFile(join(MONITORING, name), 'utf8'),
      ),
    );
    const names = used.join().match(/\b(?:certbot_ha|process|nodejs)_\w+/g) ?? [];
    const exported = new Set(printed.map((line) => line.replace(/ .*/, '')));
    expect(names.length).toBeGreaterThan(30);
    expect(
      names.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')).filter((name) => !exported.has(name)),
    ).toEqual([]);
    const labels = new Map(rows.map(([, name = '', , cell = '']) => [name, cell.match(/\w+/g) ?? []]));
    const queries = await queriesOf();
    expect(queries.length).toBeGreaterThan(40);
    expect(queries.flatMap((query) => unknownLabels(query, labels))).toEqual([]);
    for (const [, name = '', given = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
      const listed = labels.get(name.replace(/_(?:bucket|sum|count)$/, '')) ?? labels.get(name) ?? [];
      const printedLabels = [...given.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
      expect([name, ...printedLabels.filter((label) => label !== 'le').toSorted()]).toEqual([
        name,
        ...listed.toSorted(),
      ]);
    }
  });

  test.for(['rsync', 'shared'])(
    'has the same by %s, and so has the page, where a node that runs no agent is told as down',
    async (transport, { cluster }) => {
      await cluster.configure({ transport });
      await cluster.nodes[0].startAgent();
      await cluster.nodes[1].startAgent();
      const text = await seen(cluster);
      const up = [1, 1, 0].map((value, index) => `certbot_ha_node_up{node="web${index + 1}"} ${value}`);
      expect(text.split('\n')).toEqual(expect.arrayContaining(up));
      const page = await request(`http://${cluster.nodes[1].address}:${cluster.adminPort}/`);
      expect(await page.body.text()).toMatch(/1 thing to look at[^]*web3 [^]*connection refused/);
    },
  );

  test('counts the events from its first scrape on, and none twice', async ({ cluster }) => {
    const { stateDir } = cluster;
    await mkdir(stateDir, { recursive: true });
    const events = createEvents(stateDir, { node: 'web2', program: 'auth' });
    await events.write({ ...event, outcome: 'ok' }, { event: 'drill', outcome: 'ok' });
    const checks = { pass: 20, warn: 1, fail: 2 };
    await writeDoctorRun(stateDir, {
      ...{ at: '2026-11-28T04:00:00.000Z', node: 'web2', result: 'fail', checks, complaints: [] },
    });
    const directory = join(cluster.nodes[1].webroot, '.well-known/acme-challenge');
    await mkdir(directory, { recursive: true });
    const old = join(directory, 'old-token-0123456789');
    await writeFile(old, `old-token-0123456789.${'k'.repeat(43)}`);
    await utimes(old, 0, 0);
    await cluster.nodes[1].startAgent();
    const before = await seen(cluster);
    expect(before).toContain('certbot_ha_tokens_expired_total 1\n');
    expect(before).toContain('certbot_ha_doctor_checks{result="fail"} 2\n');
    expect(before).toContain('certbot_ha_doctor_last_run_timestamp_seconds 1795838400\n');
    expect(before).toContain('gate_duration_seconds_count{gate="challenge",target="web1",outcome="ok"} 0');
    expect(before).toMatch(/^certbot_ha_drill_last_success_timestamp_seconds \d+(?:\.\d+)?$/m);
    await events.write(
      { ...event, outcome: 'ok' },
      { ...event, outcome: 'connection-refused' },
      { ...event, target: 'who.knows.test', outcome: 'connection-refused' },
      { event: 'challenge-received', peer: 'web1', tokens: 3, outcome: 'ok' },
    );
    const after = await eventually(async () => (await scrape(cluster)).text, {
      until: (text) => text.includes('certbot_ha_tokens_received_total 3'),
      ...{ timeoutMs: 10_000, what: 'the events to be counted' },
    });
    for (const line of [
      'certbot_ha_gate_duration_seconds_count{gate="challenge",target="web1",outcome="ok"} 1',
      'certbot_ha_gate_duration_seconds_sum{gate="challenge",target="web1",outcome="failed"} 0.3',
      'certbot_ha_gate_failures_total{gate="challenge",target="web1",code="connection-refused"} 1',
      'certbot_ha_gate_failures_total{gate="challenge",target="other",code="connection-refused"} 1',
      'certbot_ha_event_failures_total{event="challenge-gate",code="connection-refused"} 2',
    ])
      expect(after.split('\n')).toContain(line);
  });

  test('is answered before the look at the cluster has ended where that hangs', async ({ cluster }) => {
    const [, web2, web3] = cluster.nodes;
    const silent = createServer().listen(cluster.agentPort, web3.address);
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    await web2.startAgent();
    const { text } = await scrape(cluster);
    expect(text).toContain('certbot_ha_events_followed 1');
    expect(text).not.toMatch(/^certbot_ha_survey_success /m);
    expect(await seen(cluster)).toContain('certbot_ha_node_up{node="web3"} 0');
  });
});
