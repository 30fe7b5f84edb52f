import { isSystemError } from '../../base/expected.ts';
import { readEvents } from '../../state/read-events.ts';
import type { LoggedEvent } from '../../state/event.ts';

const MAX_EVENTS = 20;

/** The newest first; null where they cannot be read. */
export async function lastEvents(stateDir: string): Promise<readonly LoggedEvent[] | null> {
  try {
    return (await readEvents(stateDir, { limit: MAX_EVENTS })).toReversed();
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
