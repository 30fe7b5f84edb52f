import { findCertbot } from '../certbot/process.ts';
import type { ProcessId } from '../system/processes.ts';
import type { Run } from './pending-challenge.ts';

/**
 * The run that a hook belongs to. certbot calls hooks through a shell, so its own process is looked
 * for among the ancestors; a wrapper that hides it leaves the list of identifiers to tell runs apart.
 */
export function runOf(hookPid: number, allIdentifiers: readonly string[]): Run {
  return runBy(findCertbot(hookPid), allIdentifiers);
}

/** The run of this certbot, null where there is none. */
export function runBy(certbot: ProcessId | null, allIdentifiers: readonly string[]): Run {
  const owner = certbot ? `${certbot.pid}-${certbot.startTime}` : 'unknown';
  const id = `${owner} ${allIdentifiers.join(',')}`;
  return { id, process: certbot, identifiers: allIdentifiers };
}
