import type { LoggedEvent } from '../../state/event.ts';
import type { MetricRegistry } from './registry.ts';

/** The agent's user could make up names without end. */
const MAX_LINEAGES = 2_000;
/** Clocks of one host that differ by less were not wrong. */
const TOLERATED_S = 60;

/**
 * When something has last succeeded on this node. What lies in the future was written by a clock that was wrong, and does not count.
 * @param now in milliseconds since 1970
 * @returns what notes an event, in whatever order they come
 */
export function addLastSuccesses(
  registry: MetricRegistry,
  now: () => number = Date.now,
): (event: LoggedEvent) => void {
  const drill = registry.gauge(
    'certbot_ha_drill_last_success_timestamp_seconds',
    'When a drill on this node has last succeeded; absent where the log of events has none.',
  );
  const renewal = registry.gauge(
    'certbot_ha_renewal_last_success_timestamp_seconds',
    'When certbot on this node has last renewed a lineage and every node has got it; absent where the log of events has none.',
    ['lineage'],
  );
  const last = new Map<string, number>();
  return ({ at, event, lineage = '', outcome }) => {
    if (!isSuccess({ event, outcome })) return;
    const seconds = Date.parse(at) / 1000;
    const key = event === 'drill' ? event : `${event} ${lineage}`;
    const latest = now() / 1000 + TOLERATED_S;
    const before = last.get(key) ?? 0;
    if (seconds > latest || (seconds <= before && before <= latest)) return;
    if (!last.has(key) && last.size >= MAX_LINEAGES) return;
    last.set(key, seconds);
    if (event === 'drill') drill.set({}, seconds);
    else renewal.set({ lineage }, seconds);
  };
}

/** Whether it is one of those. */
export function isSuccess({ event, outcome }: Pick<LoggedEvent, 'event' | 'outcome'>): boolean {
  return (event === 'drill' || event === 'renewal') && outcome === 'ok';
}
