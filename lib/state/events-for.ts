import type { Cluster } from '../cluster/cluster.ts';
import type { EventProgram } from './event.ts';
import { createEvents, type Events } from './events.ts';

/** The events of a program that runs as root, which tells the journal as well. */
export function eventsFor({ config, self }: Pick<Cluster, 'config' | 'self'>, program: EventProgram): Events {
  return createEvents(config.stateDir, {
    node: self.name,
    program,
    // Imported late: a hook has other things to load first.
    also: async (events) => await (await import('./event-journal.ts')).tellJournal(events),
  });
}
