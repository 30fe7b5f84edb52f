import type { Outcome } from '../base/outcome.ts';
import type { Target } from '../cluster/target.ts';
import type { Probe } from './probe.ts';

/** The pauses between looks. */
export interface Pace {
  readonly firstMs: number;
  readonly maxMs: number;
  /** each is that many times as long as the one before */
  readonly growth: number;
}

/** What has to be seen, how to look, and how to bring it there. */
export interface Watched<Subject> {
  readonly subjects: readonly Subject[];
  /** what a subject is called in the verdict */
  readonly nameOf: (subject: Subject) => string;
  readonly probe: Probe<Subject>;
  /** brings the subjects to a target before it is looked at, again as long as it is not seen to serve them */
  readonly push?: (target: Target, signal: AbortSignal) => Promise<Outcome>;
  /** whether a subject is to be seen at a target; default: each at all */
  readonly isFor?: (target: Target, subject: Subject) => boolean;
  /** how often it is looked; default: as web servers of one's own can bear */
  readonly pace?: Pace;
}

/** What is to be seen at a target. */
export function subjectsAt<Subject>(
  target: Target,
  { subjects, isFor }: Pick<Watched<Subject>, 'subjects' | 'isFor'>,
): readonly Subject[] {
  return isFor ? subjects.filter((subject) => isFor(target, subject)) : subjects;
}
