import type { LoggedEvent } from '../../state/event.ts';
import type { MetricRegistry } from './registry.ts';

/** When something has last succeeded on this node. @returns what notes an event, in whatever order they come */
export function addLastSuccesses(registry: MetricRegistry): (event: LoggedEvent) => void {
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
    if (seconds <= (last.get(key) ?? 0)) return;
    last.set(key, seconds);
    if (event === 'drill') drill.set({}, seconds);
    else renewal.set({ lineage }, seconds);
  };
}

/** Whether it is one of those. */
export function isSuccess({ event, outcome }: Pick<LoggedEvent, 'event' | 'outcome'>): boolean {
  return (event === 'drill' || event === 'renewal') && outcome === 'ok';
}
