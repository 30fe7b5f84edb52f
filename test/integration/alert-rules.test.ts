// @module-tag slow

import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { describe } from 'vitest';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const RULES = resolve(import.meta.dirname, '../../docs/monitoring/certbot-ha.rules.yml');
const PAGE = resolve(import.meta.dirname, '../../docs/monitoring.md');
const DAY_S = 86_400;
/** promtool's clock begins at 0 and takes a sample a minute; so long lasts each scenario. */
const MINUTES = 3_000;

type Series = Readonly<Record<string, string>>;

const always = (value: number) => `${value}x${MINUTES}`;
const from = (minute: number, before: number, value: number) => `${before}x${minute} ${value}x${MINUTES}`;

/** Two nodes of one cluster, a VIP and a lineage, as web1 sees them, well; and the nodes as web2 does. */
const HEALTHY: Series = {
  'up{job="certbot-ha",instance="web1"}': always(1),
  'certbot_ha_build_info{version="1.0.0",node="web1"}': always(1),
  certbot_ha_survey_success: always(1),
  certbot_ha_survey_timestamp_seconds: `0+60x${MINUTES}`,
  certbot_ha_events_followed: always(1),
  'certbot_ha_node_up{node="web1"}': always(1),
  'certbot_ha_node_up{node="web2"}': always(1),
  'certbot_ha_node_drained{node="web2"}': always(0),
  'certbot_ha_build_info{version="1.0.0",node="web2",instance="web2"}': always(1),
  'certbot_ha_doctor_last_run_timestamp_seconds{instance="web2"}': `0+60x${MINUTES}`,
  'certbot_ha_survey_timestamp_seconds{instance="web2"}': `0+60x${MINUTES}`,
  'certbot_ha_node_up{node="web1",instance="web2"}': always(1),
  'certbot_ha_node_up{node="web2",instance="web2"}': always(1),
  'certbot_ha_vip_holder{vip="192.0.2.10",node="web1"}': always(1),
  'certbot_ha_vip_holder{vip="192.0.2.10",node="web2"}': always(0),
  'certbot_ha_certificate_not_before_timestamp_seconds{lineage="a.test",node="web1"}': always(-20 * DAY_S),
  'certbot_ha_certificate_not_after_timestamp_seconds{lineage="a.test",node="web1"}': always(70 * DAY_S),
  'certbot_ha_certificate_installed_newest{lineage="a.test",node="web2"}': always(1),
  'certbot_ha_certificate_served{lineage="a.test",target="web1",serves="newest"}': always(1),
  'certbot_ha_certificate_served{lineage="a.test",target="web1",serves="another"}': always(0),
  'certbot_ha_certificate_expected{lineage="a.test",target="web1"}': always(0),
  'certbot_ha_renewal_late{lineage="a.test"}': always(0),
  'certbot_ha_gate_duration_seconds_count{gate="challenge",target="web2",outcome="failed"}': always(0),
  'certbot_ha_doctor_checks{result="fail"}': always(0),
  certbot_ha_doctor_readable: always(1),
  certbot_ha_events_lost_total: always(7),
  certbot_ha_doctor_last_run_timestamp_seconds: `0+60x${MINUTES}`,
};

const GONE = `_x${MINUTES}`;
const NOT_AFTER = 'certbot_ha_certificate_not_after_timestamp_seconds{lineage="a.test",node="web1"}';
const SERVED = (serves: string) =>
  `certbot_ha_certificate_served{lineage="a.test",target="web1",serves="${serves}"}`;
const OUTSTANDING = 'certbot_ha_delivery_outstanding_since_timestamp_seconds{node="web2",lineage="a.test"}';
const FAILED = 'certbot_ha_gate_duration_seconds_count{gate="challenge",target="web2",outcome="failed"}';
const HOLDER = (node: string) => `certbot_ha_vip_holder{vip="192.0.2.10",node="${node}"}`;
const DRAINED = 'certbot_ha_node_drained{node="web2"}';
/** web2 has gone: nobody sees it, not even itself. */
const DOWN: Series = {
  'certbot_ha_node_up{node="web2"}': always(0),
  'certbot_ha_node_up{node="web1",instance="web2"}': GONE,
  'certbot_ha_node_up{node="web2",instance="web2"}': GONE,
};
/** The VIP moves from web1 to web2 after an hour, and from then on web1's looks fail: what it saw last is exported for five minutes. */
const MOVED: Series = {
  [HOLDER('web1')]: `1x65 _x${MINUTES}`,
  [HOLDER('web2')]: `0x65 _x${MINUTES}`,
  certbot_ha_survey_timestamp_seconds: `0+60x60 3600x${MINUTES}`,
  'certbot_ha_vip_holder{vip="192.0.2.10",node="web1",instance="web2"}': from(60, 1, 0),
  'certbot_ha_vip_holder{vip="192.0.2.10",node="web2",instance="web2"}': from(60, 0, 1),
};
const NEWEST = 'certbot_ha_certificate_installed_newest{lineage="a.test",node="web2"}';

const SCENARIOS: readonly (readonly [string, Series, string, readonly string[]])[] = [
  ['all is well', {}, '1d', []],
  ['less than a quarter is left', { [NOT_AFTER]: always(6 * DAY_S) }, '20m', ['CertificateEnds']],
  [
    'less than a tenth is left',
    { [NOT_AFTER]: always(2 * DAY_S) },
    '20m',
    ['CertificateEnds', 'CertificateEndsSoon'],
  ],
  ['it has ended', { [NOT_AFTER]: always(3_600) }, '61m', ['CertificateEnded']],
  [
    'less than a quarter is left on one node, and more on another',
    {
      'certbot_ha_certificate_not_before_timestamp_seconds{lineage="a.test",node="web2",instance="web2"}':
        always(-84 * DAY_S),
      'certbot_ha_certificate_not_after_timestamp_seconds{lineage="a.test",node="web2",instance="web2"}':
        always(6 * DAY_S),
    },
    '20m',
    ['CertificateEnds', 'CertificateEndsSoon'],
  ],
  ['a renewal is late', { 'certbot_ha_renewal_late{lineage="a.test"}': always(1) }, '61m', ['RenewalLate']],
  ['a node is behind for an hour', { [NEWEST]: always(0) }, '1h', []],
  ['a node is behind for two', { [NEWEST]: always(0) }, '121m', ['NodeBehind']],
  [
    'an earlier one is served for two hours',
    { [SERVED('newest')]: always(0), [SERVED('another')]: always(1) },
    '121m',
    ['OldCertificateServed'],
  ],
  ['nobody serves any more', { [SERVED('newest')]: from(60, 1, 0) }, '70m', ['NobodyServes']],
  ['nobody serves, and nobody has for a day', { [SERVED('newest')]: always(0) }, '70m', []],
  [
    'nobody serves what has to be',
    {
      [SERVED('newest')]: always(0),
      'certbot_ha_certificate_expected{lineage="a.test",target="web1"}': always(1),
    },
    '70m',
    ['NobodyServes'],
  ],
  ['a gate has failed once', { [FAILED]: from(60, 0, 1) }, '70m', ['GateFails']],
  ['and that was two hours ago', { [FAILED]: from(60, 0, 1) }, '3h', []],
  ['a delivery is outstanding for half an hour', { [OUTSTANDING]: always(0) }, '30m', []],
  ['for more than one', { [OUTSTANDING]: always(0) }, '70m', ['DeliveryOutstanding']],
  [
    'and the node is drained',
    { [OUTSTANDING]: always(0), 'certbot_ha_node_drained{node="web2"}': always(1) },
    '70m',
    [],
  ],
  ['a node is down', DOWN, '11m', ['AgentUnreachable']],
  [
    'an agent answers itself alone',
    { 'certbot_ha_node_up{node="web2"}': always(0) },
    '11m',
    ['AgentUnreachable'],
  ],
  ['and its node is drained', { ...DOWN, [DRAINED]: always(1) }, '11m', []],
  [
    'an agent is not scraped',
    { 'up{job="certbot-ha",instance="web1"}': always(0) },
    '11m',
    ['AgentNotScraped'],
  ],
  ['a look fails', { certbot_ha_survey_success: always(0) }, '16m', ['SurveyFails']],
  ['the last look is old', { certbot_ha_survey_timestamp_seconds: always(0) }, '31m', ['SurveyFails']],
  ['events cannot be read', { certbot_ha_events_followed: always(0) }, '16m', ['EventsNotFollowed']],
  ['an event was lost', { certbot_ha_events_lost_total: from(60, 7, 8) }, '70m', ['EventsLost']],
  ['two hold the VIP for two minutes', { [HOLDER('web2')]: always(1) }, '2m', []],
  ['two hold it for three', { [HOLDER('web2')]: always(1) }, '4m', ['VipHeldTwice']],
  ['nobody holds it', { [HOLDER('web1')]: always(0) }, '3m', ['VipWithoutHolder']],
  ['nobody who answers holds it', { ...DOWN, [HOLDER('web1')]: always(0) }, '5m', []],
  [
    'nobody holds it, and the node that does not answer is drained',
    { ...DOWN, [HOLDER('web1')]: always(0), [DRAINED]: always(1) },
    '5m',
    ['VipWithoutHolder'],
  ],
  ['the VIP has moved, and one does not see it', MOVED, '64m', []],
  [
    'and nobody holds it any more',
    { ...MOVED, [`certbot_ha_vip_holder{vip="192.0.2.10",node="web2",instance="web2"}`]: from(60, 0, 0) },
    '75m',
    ['VipWithoutHolder'],
  ],
  [
    'nobody serves any more, and one does not see it',
    {
      [SERVED('newest')]: `1x65 _x${MINUTES}`,
      [SERVED('another')]: `0x65 _x${MINUTES}`,
      'certbot_ha_certificate_served{lineage="a.test",target="web1",serves="newest",instance="web2"}': from(
        60,
        1,
        0,
      ),
    },
    '76m',
    ['NobodyServes'],
  ],
  ['doctor has failed', { 'certbot_ha_doctor_checks{result="fail"}': always(2) }, '6m', ['DoctorFails']],
  [
    'doctor does not run any more',
    { certbot_ha_doctor_last_run_timestamp_seconds: always(0) },
    '49h',
    ['DoctorNotRun'],
  ],
  [
    'and has run less than two days ago',
    { certbot_ha_doctor_last_run_timestamp_seconds: always(0) },
    '47h',
    [],
  ],
  ['doctor has never run', { certbot_ha_doctor_last_run_timestamp_seconds: GONE }, '33h', ['DoctorNotRun']],
  [
    'doctor has never run, and the agent was updated',
    {
      certbot_ha_doctor_last_run_timestamp_seconds: GONE,
      'certbot_ha_build_info{version="1.0.0",node="web1"}': `1x1200 _x${MINUTES}`,
      'certbot_ha_build_info{version="1.1.0",node="web1"}': `_x1200 1x${MINUTES}`,
    },
    '33h',
    ['DoctorNotRun'],
  ],
  ['a node is new', { certbot_ha_doctor_last_run_timestamp_seconds: GONE }, '30h', []],
  [
    'its last run cannot be read',
    { certbot_ha_doctor_last_run_timestamp_seconds: GONE, certbot_ha_doctor_readable: always(0) },
    '33h',
    ['DoctorUnreadable'],
  ],
];

/** What each says in the first of its scenarios, and of what. */
const SAYS: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
  CertificateEnds: [{ lineage: 'a.test', node: 'web1' }, 'web1: 23.02% of the lifetime of a.test are left'],
  CertificateEndsSoon: [
    { lineage: 'a.test', node: 'web1' },
    'web1: 9.028% of the lifetime of a.test are left',
  ],
  CertificateEnded: [{ lineage: 'a.test', node: 'web1' }, 'web1: the certificate of a.test ended 1m 0s ago'],
  RenewalLate: [{ lineage: 'a.test' }, 'a.test: the renewal is late'],
  NodeBehind: [{ lineage: 'a.test', node: 'web2' }, 'web2: has not the newest certificate of a.test'],
  OldCertificateServed: [
    { lineage: 'a.test', target: 'web1' },
    'web1: serves another certificate than the newest of a.test',
  ],
  NobodyServes: [{ lineage: 'a.test' }, 'a.test: no node and no VIP serves it'],
  GateFails: [
    { gate: 'challenge', target: 'web2' },
    'web2: a gate for challenges has given it up within the last hour',
  ],
  DeliveryOutstanding: [{ lineage: 'a.test', node: 'web2' }, 'web2: a.test is outstanding for 1h 10m 0s'],
  AgentUnreachable: [{ node: 'web2' }, 'web2: its agent answers no other node'],
  AgentNotScraped: [{ instance: 'web1' }, 'web1: Prometheus gets no metrics from the agent'],
  SurveyFails: [{ instance: 'web1' }, 'web1: the agent does not see the cluster'],
  EventsNotFollowed: [
    { instance: 'web1' },
    'web1: the agent cannot read events.jsonl: its counters stand still',
  ],
  EventsLost: [
    { instance: 'web1' },
    'web1: the agent could not write 1 events into events.jsonl within an hour',
  ],
  VipHeldTwice: [{ vip: '192.0.2.10' }, '192.0.2.10: 2 nodes hold it'],
  VipWithoutHolder: [{ vip: '192.0.2.10' }, '192.0.2.10: no node holds it'],
  DoctorFails: [{ instance: 'web1', result: 'fail' }, 'web1: 2 checks of certbot-ha doctor have failed'],
  DoctorNotRun: [
    { instance: 'web1' },
    'web1: certbot-ha doctor has not been run by its timer for two days, or never',
  ],
  DoctorUnreadable: [{ instance: 'web1' }, 'web1: the last run of certbot-ha doctor cannot be read'],
};

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

async function rulesOf(): Promise<readonly Rule[]> {
  const { groups } = load(await readFile(RULES, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

/** The alert as Prometheus sends it. Its severity is the page's, and its description has no labels. */
async function alertTest(alert: string, evalTime: string) {
  const [labels, summary] = SAYS[alert] ?? [{}, ''];
  const severity = (await rows()).find(([name]) => name === alert)?.[1] ?? '';
  const description =
    (await rulesOf()).find(({ alert: name }) => name === `CertbotHa${alert}`)?.annotations.description ?? '';
  return {
    eval_time: evalTime,
    alertname: `CertbotHa${alert}`,
    exp_alerts: [
      {
        exp_labels: { severity, job: 'certbot-ha', ...labels },
        exp_annotations: { summary, description },
      },
    ],
  };
}

/** The page's table: alert, severity and how long it has to be so. */
async function rows() {
  const found = (await readFile(PAGE, 'utf8')).matchAll(/^\| `CertbotHa(\w+)` *\| (\w+) *\| (\w*) *\|/gm);
  return [...found].map(([, alert = '', severity = '', lasting = '']) => [alert, severity, lasting] as const);
}

/** As a scrape has them: of web1, where they do not say otherwise. */
function scraped(series: Series) {
  return Object.entries(series).map(([name, values]) => {
    const [, metric = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(name) ?? [];
    const own = ['job="certbot-ha"', 'instance="web1"'].filter((one) => !labels.includes(one.slice(0, 5)));
    return { series: `${metric}{${[labels, ...own].filter(Boolean).join(',')}}`, values };
  });
}

async function promtool(directory: string, tests: object, evaluatedEach = '1m') {
  const file = join(directory, 'rules.test.yml');
  const common = { rule_files: [RULES], evaluation_interval: evaluatedEach };
  await writeFile(file, JSON.stringify({ ...common, tests: [tests] }));
  return await run(['promtool', 'test', 'rules', file]);
}

describe('the alert rules', () => {
  test('are such as Prometheus takes', async () => {
    expect(await run(['promtool', 'check', 'rules', RULES])).toMatchObject({ code: 0, stderr: '' });
  });

  test.for(SCENARIOS)('where %s', async ([title, changes, at, alerts], { directory }) => {
    const scenario = {
      interval: '1m',
      input_series: scraped({ ...HEALTHY, ...changes }),
      promql_expr_test: [
        {
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: at,
          exp_samples: alerts.map((alert) => ({ labels: `{alertname="CertbotHa${alert}"}`, value: 1 })),
        },
      ],
      alert_rule_test: await Promise.all(
        alerts
          .filter((alert) => SCENARIOS.find(([, , , named]) => named.includes(alert))?.[0] === title)
          .map(async (alert) => await alertTest(alert, at)),
      ),
    };
    const isLong = /^\d\dh$|d$/.test(at);
    const { code, stdout, stderr } = await promtool(directory, scenario, isLong ? '10m' : '1m');
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
  });

  test('are those of their page, with severity and how long it has to be so, and each says what to do', async () => {
    const rules = await rulesOf();
    const listed = rules.map(({ alert, labels, for: lasting = '' }) => [
      alert.replace('CertbotHa', ''),
      labels.severity,
      lasting,
    ]);
    expect(await rows()).toEqual(listed);
    expect(rules.filter(({ annotations }) => !/^.{10,}[^ ]$/.test(annotations.description))).toEqual([]);
    expect(rules.filter(({ annotations }) => annotations.description.includes('{{'))).toEqual([]);
  });

  test('each have a scenario in which they fire', async () => {
    const { stdout } = await run(['grep', '-o', 'alert: CertbotHa.*', RULES]);
    const named = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace('alert: CertbotHa', ''));
    expect([...new Set(SCENARIOS.flatMap(([, , , alerts]) => alerts))].toSorted()).toEqual(named.toSorted());
  });
});
