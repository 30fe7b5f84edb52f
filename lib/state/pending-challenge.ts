import type { Challenge } from '../challenge/challenge.ts';
import type { DnsChallenge } from '../challenge/dns-01.ts';
import type { ProcessId } from '../system/processes.ts';

/** Which batch a challenge belongs to: one process, one list of identifiers. */
export interface Run {
  readonly id: string;
  /** the certbot or drill behind it; null when none was found, so that nobody can tell if it is over */
  readonly process: ProcessId | null;
  /** of the batch, as often as each is in it; absent: once */
  readonly identifiers?: readonly string[];
}

interface Recorded {
  readonly run: Pick<Run, 'id' | 'process'>;
  /** milliseconds since the epoch */
  readonly recordedAtMs: number;
  /** its batch has been cleaned up, and a node that did not answer may still have it */
  readonly isOver?: boolean | undefined;
}

/** A challenge that may be somewhere on the cluster, or in DNS, and has not been cleaned up. */
export type PendingChallenge = (Challenge & Recorded) | (DnsChallenge & Recorded);
