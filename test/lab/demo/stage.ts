import type { Lab, LabNode } from '../lab.ts';
import type { Screen } from './screen.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What every step of the demo works with. */
export interface Stage {
  readonly lab: Lab;
  readonly screen: Screen;
  readonly stopwatch: Stopwatch;
  /** Aborted by Ctrl-C; what runs for long takes it. */
  readonly signal: AbortSignal;
  /** What is certified. */
  readonly names: readonly [string, ...string[]];
  readonly cast: Cast;
}

/** Who plays which part. */
export interface Cast {
  /** Holds the VIP at first. */
  readonly holder: LabNode;
  /** Takes the VIP over. */
  readonly successor: LabNode;
  /** Obtains the first certificate. */
  readonly issuer: LabNode;
}
