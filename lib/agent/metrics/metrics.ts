import { isSystemError } from '../../base/expected.ts';
import { VERSION } from '../../base/version.ts';
import { followEvents } from '../../state/follow-events.ts';
import { readEvents } from '../../state/read-events.ts';
import type { Survey } from '../admin/survey.ts';
import type { AgentCounts } from '../counts.ts';
import { addEventMetrics, type KnownNames } from './of-events.ts';
import { addLastSuccesses, isSuccess } from './of-history.ts';
import { addSurveyMetrics } from './of-survey.ts';
import { createRegistry } from './registry.ts';

export interface MetricsOptions extends KnownNames {
  /** this node's name */
  readonly node: string;
  readonly survey: Survey;
  readonly stateDir: string;
  readonly counts: Readonly<AgentCounts>;
  /** ends what follows the log of events */
  readonly signal: AbortSignal;
}

/** The metrics of an agent: docs/monitoring.md. */
export interface Metrics {
  readonly contentType: string;
  /** All of them, from what is known within a second. Never rejects. */
  text(): Promise<string>;
}

/** How long a scrape waits for a newer look at the cluster, in milliseconds: it is answered within a second, whatever hangs. */
const WAIT_MS = 700;

/**
 * Counts what happens from now on. What has happened before is not counted: after a restart, Prometheus would count it twice.
 * The file of events is followed as long as the signal lets it; where that fails, a scrape tells, and begins again.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { node, survey, stateDir, counts, signal } = options;
  const registry = createRegistry();
  registry
    .gauge('certbot_ha_build_info', 'The version that runs, and its node; always 1.', ['version', 'node'])
    .set({ version: VERSION, node }, 1);
  const followed = registry.gauge(
    'certbot_ha_events_followed',
    'Whether events are counted (1), or their log cannot be read (0).',
  );
  registry.counter(
    'certbot_ha_tokens_expired_total',
    'Tokens that were removed from this node for being older than agent.tokenTtl.',
    [],
    () => counts.tokensExpired,
  );
  const writeSurvey = addSurveyMetrics(registry);
  const count = addEventMetrics(registry, options);
  const note = addLastSuccesses(registry);
  let following: Promise<void> | null = null;
  let scraping: Promise<string> | null = null;

  function follow(): void {
    if (following !== null || signal.aborted) return;
    const onEvents = (events: Parameters<Parameters<typeof followEvents>[1]['onEvents']>[0]) => {
      for (const event of events) [count, note].forEach((one) => one(event));
    };
    followed.set({}, 1);
    following = followEvents(stateDir, { signal, onEvents })
      .catch(unlessSystem)
      .finally(() => {
        followed.set({}, 0);
        following = null;
      });
  }

  async function remember(): Promise<void> {
    for (const event of await readEvents(stateDir, { only: isSuccess }).catch(() => [])) note(event);
  }

  async function scrape(): Promise<string> {
    follow();
    writeSurvey(await survey.latest(WAIT_MS));
    return await registry.text();
  }

  void remember();
  return {
    contentType: registry.contentType,
    // Two at a time would write over each other.
    text: async () =>
      await (scraping ??= scrape().finally(() => {
        scraping = null;
      })),
  };
}

/** What the system does not let it do may be over at the next scrape. */
function unlessSystem(error: unknown): void {
  if (!isSystemError(error)) throw error;
}
