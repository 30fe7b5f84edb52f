import type { DoctorSeen } from '../../state/doctor-run.ts';
import type { LoggedEvent } from '../../state/event.ts';

/** What the status page shows: what a node has seen of the cluster, and what it remembers of itself. */
export interface Snapshot {
  /** the node that shows it */
  readonly node: string;
  readonly version: string;
  readonly nowMs: number;
  /** the last look at the cluster; null: there has been none yet */
  readonly survey: Survey | null;
  /** a newer one is under way */
  readonly isLooking: boolean;
  /** why the last try to look has failed; null: it has not */
  readonly trouble: string | null;
  /** newest first; null: they cannot be read */
  readonly events: readonly LoggedEvent[] | null;
  readonly doctor: DoctorSeen;
}

/** A finding, in words. */
export interface Told {
  readonly code: string;
  readonly message: string;
}

/** What of the document of `certbot-ha status --json` is shown. */
export interface Survey {
  /** ISO 8601, as all times here */
  readonly at: string;
  /** there was no time to see everything */
  readonly isCutOff: boolean;
  readonly issuer: {
    readonly mode: 'shared' | 'per-node';
    /** `certificates.issuer` */
    readonly rule: string;
    /** who renews now, by that rule */
    readonly nodes: readonly string[];
  };
  readonly renewals: readonly { readonly lineage: string; readonly due: string; readonly isLate: boolean }[];
  readonly nodes: readonly SeenNode[];
  readonly vips: readonly SeenVip[];
  readonly lineages: readonly SeenRow[];
  readonly outstanding: readonly SeenDelivery[];
  readonly deletions: readonly { readonly node: string; readonly found: Told }[];
  readonly notes: readonly Told[];
  readonly overrides: readonly Told[];
  readonly accounts: readonly Told[];
  /** what needs somebody */
  readonly troubles: readonly { readonly who: string | null; readonly found: Told }[];
}

export interface SeenNode {
  readonly node: string;
  readonly address: string;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  readonly agent: 'reachable' | 'unreachable';
  readonly reason: Told | null;
  readonly version: string | null;
}

export interface SeenVip {
  readonly address: string;
  readonly holders: readonly string[];
}

/** A lineage at a node or VIP. */
export interface SeenRow {
  readonly lineage: string;
  /** the node's name, or `vip` */
  readonly target: string;
  readonly address: string;
  readonly installed: 'newest' | 'older' | 'none' | 'deleted' | 'unknown' | null;
  readonly serves: 'newest' | 'another' | 'foreign' | 'nothing' | null;
  readonly isCutOff?: boolean | undefined;
  /** the one that is installed; null: none, unknown, or a VIP */
  readonly generation: { readonly notBefore: string } | null;
  readonly expected: boolean;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface SeenDelivery {
  readonly node: string;
  readonly lineage: string;
  readonly since: string;
  readonly reason: Told;
}
