import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { State } from '../state/state.ts';

/** A lineage that is to be put to use. */
export interface Deployment {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records' | 'outstanding'>;
  /** the lineage's directory below live/ */
  readonly directory: string;
  /** what certbot says that it is for; empty when nobody says */
  readonly names: readonly string[];
  /** certbot says that it has just been issued */
  readonly isIssued: boolean;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err' | 'progress'>;
  readonly signal: AbortSignal;
}
