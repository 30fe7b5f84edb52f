import type { Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import type { RecordChange } from './located.ts';

/**
 * Puts TXT records into DNS and takes them away again. What it answers is about the provider and is never taken as proof
 * that a server has them: that is the gate's to see.
 *
 * There is an outcome for each record, in the order of the records. Every call ends when its signal aborts, and by itself
 * after `dns.timeout`; it does not throw for anything that a server, a network or a program may do. Doing the same twice
 * is no error.
 */
export interface Publisher {
  /** Another host that writes at the same moment may undo what was published: it is to be published again where it is not seen. */
  readonly mayBeOverwritten?: boolean;
  /** Adds each value beside those that are there, all in one go where the provider can. */
  readonly publish: RecordChange;
  /** Takes exactly these values away and leaves all others. One that is not there is no error. */
  withdraw(records: readonly TxtRecord[], signal: AbortSignal): Promise<readonly Outcome[]>;
  /** Ends what is open; no call may follow. */
  close(): Promise<void>;
}
