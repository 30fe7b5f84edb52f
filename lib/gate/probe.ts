import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';

/** What one look saw. `silent`: nothing answered there; `stale`: another certificate of this name; `failing`: something else. */
export type ProbeResult =
  | { readonly state: 'served' }
  | { readonly state: 'failing' | 'stale' | 'silent' | 'unused'; readonly reason: Finding };

/**
 * One look at one target for one subject (a challenge, a name), from outside, as the CA or a
 * browser would. Resolves whatever the target does; ends when the signal aborts, and by its own
 * time-out. Rejects for a bug only.
 */
export type Probe<Subject> = (
  target: Target,
  subject: Subject,
  signal: AbortSignal,
  /** called as soon as the target has accepted a connection: it is not silent then, however long its answer takes */
  onContact?: () => void,
) => Promise<ProbeResult>;
