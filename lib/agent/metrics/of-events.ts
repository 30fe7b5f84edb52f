import { REGISTER } from '../../findings/register.ts';
import type { EventName, LoggedEvent } from '../../state/event.ts';
import type { MetricRegistry } from './registry.ts';

export interface KnownNames {
  /** the cluster's nodes, by name */
  readonly nodes: readonly string[];
  /** what is gated: nodes by name, VIPs by address */
  readonly targets: readonly string[];
}

/** A gate that opens at once takes milliseconds; by default it waits a minute at most. */
const GATE_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const GATES = { 'challenge-gate': 'challenge', 'certificate-gate': 'certificate' } as const;
const OUTCOMES = ['ok', 'failed'] as const;
/** The servers of a zone, all together: which ones they are is a matter of DNS. */
const NAME_SERVERS = { gate: 'dns', target: 'name servers' } as const;
/** In place of a name that the configuration does not know, or a code that the register does not: the agent's user could write any. */
const OTHER = 'other';

/** Those that have no metric of their own with a label for the node at the other end. */
const COUNTED = {
  batch: ['certbot_ha_batches_total', 'Batches of challenges that were presented and waited for.'],
  lookup: ['certbot_ha_lookups_total', 'Challenges that this node did not have and has asked its peers for.'],
  installation: [
    'certbot_ha_installations_total',
    'Certificates that the installer of this node has put in place.',
  ],
  renewal: [
    'certbot_ha_renewals_total',
    'Certificates that certbot on this node has renewed, by the end of their roll-out.',
  ],
  drill: ['certbot_ha_drills_total', 'Drills on this node.'],
} as const satisfies Partial<Record<EventName, readonly [string, string]>>;

/** Counters of what happens on this node. @returns what counts an event */
export function addEventMetrics(registry: MetricRegistry, known: KnownNames): (event: LoggedEvent) => void {
  const count = [
    addGates(registry, known),
    addPeers(registry, known),
    addCounted(registry),
    addTokens(registry),
    addFailures(registry),
  ];
  return (event) => {
    for (const one of count) one(event);
  };
}

type Count = (event: LoggedEvent) => void;

function addGates(registry: MetricRegistry, { targets }: KnownNames): Count {
  const duration = registry.histogram(
    'certbot_ha_gate_duration_seconds',
    'How long a gate has waited for a target, until it has served what it was to serve or the gate has given up.',
    { labels: ['gate', 'target', 'outcome'], buckets: GATE_BUCKETS },
  );
  const failures = registry.counter(
    'certbot_ha_gate_failures_total',
    'Targets that a gate has given up, by the code of the reason.',
    ['gate', 'target', 'code'],
  );
  for (const gate of Object.values(GATES))
    for (const target of targets) for (const outcome of OUTCOMES) duration.zero({ gate, target, outcome });
  return ({ event, target: named, challenge, ms, outcome }) => {
    if (event !== 'challenge-gate' && event !== 'certificate-gate') return;
    const { gate, target } =
      challenge === 'dns-01' ? NAME_SERVERS : { gate: GATES[event], target: among(targets, named) };
    duration.observe({ gate, target, outcome: endOf(outcome) }, (ms ?? 0) / 1000);
    if (outcome !== 'ok') failures.inc({ gate, target, code: codeOf(outcome) });
  };
}

function addPeers(registry: MetricRegistry, { nodes }: KnownNames): Count {
  const labels = ['node', 'outcome'];
  const counters = {
    'challenge-presented': registry.counter(
      'certbot_ha_challenge_pushes_total',
      'Pushes of challenges from this node to a node, itself among them. Of what the agent passes on, the first of several failures in a row and 60 in ten minutes count.',
      labels,
    ),
    delivery: registry.counter(
      'certbot_ha_deliveries_total',
      'Deliveries of a lineage from this node to a node.',
      labels,
    ),
  };
  for (const counter of Object.values(counters))
    for (const node of nodes) for (const outcome of OUTCOMES) counter.inc({ node, outcome }, 0);
  return ({ event, peer, node, challenge, outcome }) => {
    // Records go into DNS, and to no node.
    if ((event !== 'challenge-presented' && event !== 'delivery') || challenge === 'dns-01') return;
    counters[event].inc({ node: among(nodes, peer ?? node), outcome: endOf(outcome) });
  };
}

function addCounted(registry: MetricRegistry): Count {
  const counters = new Map(
    Object.entries(COUNTED).map(([event, [name, help]]) => [
      event,
      registry.counter(name, `${help} outcome: ok or failed.`, ['outcome']),
    ]),
  );
  for (const counter of counters.values()) for (const outcome of OUTCOMES) counter.inc({ outcome }, 0);
  // Look-ups that strangers cause are written together.
  return ({ event, tokens = 1, outcome }) =>
    counters.get(event)?.inc({ outcome: endOf(outcome) }, event === 'lookup' ? tokens : 1);
}

function addTokens(registry: MetricRegistry): Count {
  const received = registry.counter(
    'certbot_ha_tokens_received_total',
    'Tokens that other nodes have put on this one, of each node in 60 requests in ten minutes at most.',
  );
  return ({ event, tokens = 1, outcome }) => {
    if (event === 'challenge-received' && outcome === 'ok') received.inc({}, tokens);
  };
}

function addFailures(registry: MetricRegistry): Count {
  const failures = registry.counter(
    'certbot_ha_event_failures_total',
    'Events whose outcome is not ok, by the code of the reason.',
    ['event', 'code'],
  );
  return ({ event, outcome }) => {
    if (outcome !== 'ok') failures.inc({ event, code: codeOf(outcome) });
  };
}

function among(names: readonly string[], name: string | undefined): string {
  return name !== undefined && names.includes(name) ? name : OTHER;
}

function endOf(outcome: string): (typeof OUTCOMES)[number] {
  return outcome === 'ok' ? 'ok' : 'failed';
}

function codeOf(outcome: string): string {
  return Object.hasOwn(REGISTER, outcome) ? outcome : OTHER;
}
