import { isSystemError } from '../../base/expected.ts';
import { readEvents } from '../../state/read-events.ts';
import type { ShownEvent } from './snapshot.ts';

const MAX_EVENTS = 20;

/** The newest first; null where they cannot be read. */
export async function lastEvents(stateDir: string): Promise<readonly ShownEvent[] | null> {
  try {
    return (await readEvents(stateDir, { limit: MAX_EVENTS })).toReversed();
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
