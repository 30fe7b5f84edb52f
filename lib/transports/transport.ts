import type { ChallengeAbilities } from '../cluster/abilities.ts';
import type { Challenge } from '../challenge/challenge.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Outcome } from '../base/outcome.ts';

/**
 * Carries challenges to one peer. What it answers is about the carrying and is never taken as proof
 * that anything is served: that is the gate's to see.
 *
 * Every call ends when its signal aborts, and by itself after the transport's own time-outs; it
 * does not throw for anything a peer, a network or a program it runs may do. Calls for several
 * peers may run at once, and one peer never delays another. Doing the same twice is no error.
 */
export interface Transport {
  /** as the configuration names it; what differs from one transport to another is in its abilities */
  readonly name: string;
  readonly abilities: ChallengeAbilities;
  /** Puts the response of every challenge onto the peer, in one go. */
  present(peer: ClusterNode, challenges: readonly Challenge[], signal: AbortSignal): Promise<Outcome>;
  /** Takes exactly these tokens away from the peer, in one go. A token that is not there is no error. */
  cleanUp(peer: ClusterNode, tokens: readonly string[], signal: AbortSignal): Promise<Outcome>;
  /** Ends what is open; no call may follow. */
  close(): Promise<void>;
}
