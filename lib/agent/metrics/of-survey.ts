import { MINUTE_MS } from '../../system/spans.ts';
import type { SurveyDocument } from '../admin/survey-document.ts';
import type { Surveyed } from '../admin/survey.ts';
import type { Gauge, MetricRegistry } from './registry.ts';

const SERVES = ['newest', 'another', 'foreign', 'nothing'] as const;
const KINDS = ['notes', 'overrides', 'accounts', 'deletions'] as const;

type Gauges = Pick<MetricRegistry, 'gauge'>;

/** Whoever cannot look any more says nothing: the others' sight of the cluster counts then. */
const OLD_MS = 5 * MINUTE_MS;

/** What is known of the cluster. @returns what writes down a survey, in place of the one before */
export function addSurveyMetrics(registry: Gauges): (surveyed: Surveyed) => void {
  const all: Gauge[] = [];
  const kept: Gauges = {
    gauge: (...given) => {
      const gauge = registry.gauge(...given);
      all.push(gauge);
      return gauge;
    },
  };
  const at = kept.gauge(
    'certbot_ha_survey_timestamp_seconds',
    'When the cluster was last seen: all other figures of the cluster are from then.',
  );
  const isGood = kept.gauge(
    'certbot_ha_survey_success',
    'Whether the last look at the cluster gave anything (1) or failed (0).',
  );
  const took = kept.gauge(
    'certbot_ha_survey_duration_seconds',
    'How long the last look at the cluster took, failed or not.',
  );
  const isWhole = kept.gauge(
    'certbot_ha_survey_complete',
    'Whether the last look that gave anything had the time to see everything (1) or not (0).',
  );
  const write = [addNodes, addCertificates, addServed, addRenewals, addOutstanding].map((add) => add(kept));
  return ({ document, trouble, tookMs }) => {
    for (const gauge of all) gauge.reset();
    // Nothing has ended yet: neither good nor bad.
    if (tookMs !== null) {
      isGood.set({}, trouble === null ? 1 : 0);
      took.set({}, tookMs / 1000);
    }
    if (document === null) return;
    at.set({}, secondsOf(document.at));
    isWhole.set({}, document.isCutOff ? 0 : 1);
    if (Date.now() - Date.parse(document.at) > OLD_MS) return;
    for (const one of write) one(document);
  };
}

type Write = (document: SurveyDocument) => void;

function addNodes(registry: Gauges): Write {
  const up = registry.gauge('certbot_ha_node_up', 'Whether the agent of a node answers this one.', ['node']);
  const drained = registry.gauge(
    'certbot_ha_node_drained',
    'Whether the configuration has taken a node into maintenance.',
    ['node'],
  );
  const version = registry.gauge(
    'certbot_ha_node_version_info',
    'The version of certbot-ha on a node whose agent answers; always 1.',
    ['node', 'version'],
  );
  const tokens = registry.gauge(
    'certbot_ha_tokens_present',
    'Responses to challenges in the webroot of a node.',
    ['node'],
  );
  const holder = registry.gauge('certbot_ha_vip_holder', 'Whether a node says to hold a VIP.', [
    'vip',
    'node',
  ]);
  return ({ nodes, vips }) => {
    for (const { node, agent, isDrained, challenges, ...row } of nodes) {
      up.set({ node }, Number(agent === 'reachable'));
      drained.set({ node }, Number(isDrained));
      if (row.version !== null) version.set({ node, version: row.version }, 1);
      if (challenges !== null) tokens.set({ node }, challenges);
    }
    for (const { address, holders } of vips)
      for (const { node } of nodes) holder.set({ vip: address, node }, Number(holders.includes(node)));
  };
}

function addCertificates(registry: Gauges): Write {
  const labels = ['lineage', 'node'];
  const notBefore = registry.gauge(
    'certbot_ha_certificate_not_before_timestamp_seconds',
    'Begin of the validity of the certificate that is installed on a node.',
    labels,
  );
  const notAfter = registry.gauge(
    'certbot_ha_certificate_not_after_timestamp_seconds',
    'End of the validity of the certificate that is installed on a node.',
    labels,
  );
  const newest = registry.gauge(
    'certbot_ha_certificate_installed_newest',
    'Whether a node has the newest certificate of a lineage installed; absent where that is not known.',
    labels,
  );
  return ({ lineages }) => {
    for (const { lineage, target: node, installed, generation } of lineages) {
      if (installed === null) continue; // a VIP has nothing installed
      if (generation !== null) {
        notBefore.set({ lineage, node }, secondsOf(generation.notBefore));
        notAfter.set({ lineage, node }, secondsOf(generation.notAfter));
      }
      if (installed !== 'unknown') newest.set({ lineage, node }, Number(installed === 'newest'));
    }
  };
}

function addServed(registry: Gauges): Write {
  const served = registry.gauge(
    'certbot_ha_certificate_served',
    'What a node or VIP serves for a lineage: 1 for one of newest, another, foreign, nothing; absent where nobody looks.',
    ['lineage', 'target', 'serves'],
  );
  const expected = registry.gauge(
    'certbot_ha_certificate_expected',
    'Whether the configuration says that a lineage is served by a node or VIP.',
    ['lineage', 'target'],
  );
  return ({ lineages }) => {
    for (const { lineage, serves, expected: isExpected, ...row } of lineages) {
      const target = row.installed === null ? row.address : row.target;
      expected.set({ lineage, target }, Number(isExpected));
      if (serves === null) continue;
      for (const one of SERVES) served.set({ lineage, target, serves: one }, Number(one === serves));
    }
  };
}

function addRenewals(registry: Gauges): Write {
  const due = registry.gauge(
    'certbot_ha_renewal_due_timestamp_seconds',
    'From when on certbot renews a lineage.',
    ['lineage'],
  );
  const late = registry.gauge(
    'certbot_ha_renewal_late',
    'Whether a lineage was due for some time and was not renewed.',
    ['lineage'],
  );
  const issuer = registry.gauge('certbot_ha_issuer', 'Whether a node renews now, by certificates.issuer.', [
    'node',
  ]);
  return ({ renewals, nodes, issuer: by }) => {
    for (const one of renewals) {
      due.set({ lineage: one.lineage }, secondsOf(one.due));
      late.set({ lineage: one.lineage }, Number(one.isLate));
    }
    for (const { node } of nodes) issuer.set({ node }, Number(by.nodes.includes(node)));
  };
}

function addOutstanding(registry: Gauges): Write {
  const count = registry.gauge(
    'certbot_ha_deliveries_outstanding',
    'Lineages that this node has still to deliver to a node.',
    ['node'],
  );
  const since = registry.gauge(
    'certbot_ha_delivery_outstanding_since_timestamp_seconds',
    'Since when this node has to deliver a lineage to a node; absent where it has not.',
    ['node', 'lineage'],
  );
  const findings = registry.gauge(
    'certbot_ha_findings',
    'Findings of certbot-ha status, by its list: notes, overrides, accounts, deletions.',
    ['list'],
  );
  return (document) => {
    const { nodes, outstanding } = document;
    for (const { node } of nodes)
      count.set({ node }, outstanding.filter((delivery) => delivery.node === node).length);
    for (const { node, lineage, since: date } of outstanding) since.set({ node, lineage }, secondsOf(date));
    for (const list of KINDS) findings.set({ list }, document[list].length);
  };
}

function secondsOf(date: string): number {
  return Date.parse(date) / 1000;
}
