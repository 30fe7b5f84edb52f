import type { SurveyDocument } from '../admin/survey-document.ts';
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

export type Survey = SurveyDocument;
/** A finding, in words. */
export type Told = Survey['notes'][number];
export type SeenNode = Survey['nodes'][number];
export type SeenVip = Survey['vips'][number];
/** A lineage at a node or VIP. */
export type SeenRow = Survey['lineages'][number];
