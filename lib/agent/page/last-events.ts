import { expectedFindings } from '../../base/expected.ts';
import { readEvents } from '../../state/read-events.ts';
import type { Turn } from '../../system/in-turn.ts';
import type { LoggedEvent } from '../../state/event.ts';

const MAX_EVENTS = 20;

/** The newest first; null where they cannot be read. */
export async function lastEvents(stateDir: string, turn?: Turn): Promise<readonly LoggedEvent[] | null> {
  try {
    return (await readEvents(stateDir, { limit: MAX_EVENTS, ...(turn && { turn }) })).toReversed();
  } catch (error) {
    expectedFindings(error);
    return null;
  }
}
