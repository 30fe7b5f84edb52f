import type { Config } from '../cluster/config.ts';
import { createAccepted, type AcceptedChanges } from './accepted.ts';
import { createGateFailures, type GateFailures } from './gate-failures.ts';
import { createJournal, type Journal } from './journal.ts';
import type { OnDamage } from './json-file.ts';
import { createResults, type Results } from './outbox.ts';
import { createOutstanding, type OutstandingList } from './outstanding.ts';
import { createPendingStore, type PendingStore } from './pending.ts';
import { createRecords, type Records } from './records.ts';
import { tidyState } from './tidy.ts';

/** What this node remembers, below stateDir. Opened once, at the door, and handed on. */
export interface State {
  readonly records: Records;
  readonly results: Results;
  readonly outstanding: OutstandingList;
  readonly journal: Journal;
  readonly pending: PendingStore;
  readonly gateFailures: GateFailures;
  readonly accepted: AcceptedChanges;
  /** Takes away what programs that were killed have left half-written. */
  readonly tidy: () => Promise<void>;
}

/**
 * Opens all of it, which reads and makes nothing yet. The agent, which may read some of it only, and
 * the hooks, which start too often to load the rest, open what they need by itself.
 */
export function openState({ stateDir }: Pick<Config, 'stateDir'>, onDamage: OnDamage): State {
  return {
    records: createRecords(stateDir, onDamage),
    results: createResults(stateDir, onDamage),
    outstanding: createOutstanding(stateDir, onDamage),
    journal: createJournal(stateDir),
    pending: createPendingStore(stateDir, onDamage),
    gateFailures: createGateFailures(stateDir, onDamage),
    accepted: createAccepted(stateDir, onDamage),
    tidy: async () => await tidyState(stateDir),
  };
}
