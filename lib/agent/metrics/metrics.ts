import { VERSION } from '../../base/version.ts';
import type { LoggedEvent } from '../../state/event.ts';
import { readEvents } from '../../state/read-events.ts';
import { followEvents, type EventPosition, type FollowOptions } from '../../state/follow-events.ts';
import { seeDoctorRun } from '../../state/doctor-run.ts';
import type { Turn } from '../../system/in-turn.ts';
import { pause } from '../../system/pause.ts';
import { MINUTE_MS } from '../../system/spans.ts';
import type { Survey } from '../admin/survey.ts';
import type { AgentCounts } from '../counts.ts';
import { addDoctorMetrics } from './of-doctor.ts';
import { addEventMetrics, type KnownNames } from './of-events.ts';
import { addLastSuccesses, isSuccess } from './of-history.ts';
import { addSurveyMetrics } from './of-survey.ts';
import { createRegistry, type MetricRegistry } from './registry.ts';

export interface MetricsOptions extends KnownNames {
  /** this node's name */
  readonly node: string;
  readonly survey: Survey;
  readonly stateDir: string;
  /** for each look at its files */
  readonly turn: Turn;
  readonly counts: Readonly<AgentCounts>;
  /** ends what follows the log of events */
  readonly signal: AbortSignal;
  /** how long after a failure the log of events is followed again, in milliseconds; default a minute */
  readonly retryMs?: number;
  /** how long a look at the log may take, in milliseconds; default 10 s */
  readonly followMs?: number;
}

/** The metrics of an agent: docs/monitoring.md. */
export interface Metrics {
  readonly contentType: string;
  /** All of them, from what is known within a second. Never rejects. */
  text(): Promise<string>;
}

/** How long a scrape waits for a newer look at the cluster, in milliseconds: it is answered within a second, whatever hangs. */
const WAIT_MS = 700;
const FOLLOW_MS = 10_000;

/**
 * Counts what happens from now on. What has happened before is not counted: after a restart, Prometheus would count it twice.
 * The file of events is followed as long as the signal lets it; where that fails, a scrape tells, and one
 * that comes a minute later goes on where it has stopped.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { node, survey, stateDir, turn, counts } = options;
  const registry = createRegistry();
  registry
    .gauge('certbot_ha_build_info', 'The version that runs, and its node; always 1.', ['version', 'node'])
    .set({ version: VERSION, node }, 1);
  registry.counter(
    'certbot_ha_tokens_expired_total',
    'Tokens that were removed from this node for being older than agent.tokenTtl.',
    [],
    () => counts.tokensExpired,
  );
  registry.counter(
    'certbot_ha_events_lost_total',
    'Events of this agent that it could not write into their log, since that was full, or was not to be written.',
    [],
    () => counts.eventsLost,
  );
  const writeSurvey = addSurveyMetrics(registry);
  const writeDoctor = addDoctorMetrics(registry);
  // What is damaged there is told by the programs that write it.
  const readDoctor = async () => await seeDoctorRun(stateDir, () => undefined, turn);
  const follow = followingEvents(registry, options);
  let scraping: Promise<string> | null = null;

  async function scrape(): Promise<string> {
    follow();
    const [surveyed, seen] = await Promise.all([survey.latest(WAIT_MS), readDoctor()]);
    writeSurvey(surveyed);
    writeDoctor(seen);
    return await registry.text();
  }

  return {
    contentType: registry.contentType,
    // Two at a time would write over each other.
    text: async () =>
      await (scraping ??= scrape().finally(() => {
        scraping = null;
      })),
  };
}

/** @returns what begins to follow the log of events, unless it is followed already */
function followingEvents(registry: MetricRegistry, options: MetricsOptions): () => void {
  const { stateDir, signal, retryMs = MINUTE_MS, followMs = FOLLOW_MS } = options;
  // Nobody waits for it, and what a busy machine is late with would be missed for a minute.
  const turn: Turn = async (work) => await options.turn(work, { limitMs: followMs });
  const followed = registry.gauge(
    'certbot_ha_events_followed',
    'Whether events are counted (1), or their log cannot be read (0).',
  );
  const count = addEventMetrics(registry, options);
  const note = addLastSuccesses(registry);
  let position: NonNullable<FollowOptions['from']> = 'end';
  const onEvents = (events: readonly LoggedEvent[], at: EventPosition) => {
    for (const event of events) [count, note].forEach((one) => one(event));
    position = at;
  };
  const remember = async () => {
    for (const event of await readEvents(stateDir, { only: isSuccess, turn })) note(event);
  };
  let isFollowing = false;
  const follow = async () => {
    isFollowing = true;
    const onReady = (at: EventPosition | 'start') => {
      if (position === 'end') position = at;
      followed.set({}, 1);
      void remember().catch(() => undefined);
    };
    // Whatever keeps it from that, the metric tells, and one that comes later tries again: the agent has other work.
    await followEvents(stateDir, { signal, turn, from: position, onReady, onEvents }).catch(() => undefined);
    followed.set({}, 0);
    await pause(retryMs, signal);
    isFollowing = false;
  };
  return () => {
    if (!isFollowing && !signal.aborted) void follow();
  };
}
