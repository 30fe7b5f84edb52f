import type { Cluster } from '../cluster/cluster.ts';
import type { NewEvent } from '../state/event.ts';
import type { Events } from '../state/events.ts';
import { eventsFor } from '../state/events-for.ts';
import { readEvents } from '../state/read-events.ts';
import { tellEnd } from '../state/tell-end.ts';
import { DAY_MS } from '../system/spans.ts';

/**
 * Runs a sync with its events. It runs every 5 minutes, so that it has one of its own only where it has done something, has ended
 * otherwise than the last time, or a day has passed with a failure.
 */
export async function withSyncEvent(
  cluster: Cluster,
  run: (events: Pick<Events, 'write'>) => Promise<0 | 1>,
): Promise<0 | 1> {
  const events = eventsFor(cluster, 'sync');
  // The agent can neither make the file nor put it aside.
  await events.tend();
  let isBusy = false;
  const write: Events['write'] = async (...some) => {
    isBusy ||= some.length > 0;
    await events.write(...some);
  };
  const startedMs = performance.now();
  const tell = async (outcome: NewEvent['outcome']) => {
    if (!isBusy && (await lastOutcome(cluster)) === outcome) return;
    await events.write({ event: 'sync', ms: performance.now() - startedMs, outcome });
  };
  return await tellEnd(async () => await run({ write }), { failed: 'sync-incomplete', tell });
}

async function lastOutcome({ config: { stateDir } }: Cluster): Promise<string> {
  const since = new Date(Date.now() - DAY_MS);
  const last = readEvents(stateDir, { since, limit: 1, only: ({ event }) => event === 'sync' });
  return (await last.catch(() => []))[0]?.outcome ?? 'ok'; // where it cannot be read, nobody sees one too many
}
