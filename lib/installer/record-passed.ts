import { endedBy, type Ending, type InstallOptions } from './ending.ts';
import type { Member } from './put-in-place.ts';
import { undo } from './undo.ts';

/**
 * Writes down that the web server's test has passed with these. One of which that cannot be written down would be undone by
 * whoever comes next, after a reload: so it goes back before.
 * @returns the others
 */
export async function recordPassed(
  members: readonly Member[],
  endings: Map<Member, Ending>,
  options: InstallOptions,
): Promise<readonly Member[]> {
  const accepted: Member[] = [];
  for (const member of members) {
    const { entry } = member;
    try {
      await options.state.journal.write({ ...entry, phase: 'accepted' });
      accepted.push(member);
    } catch (error) {
      endings.set(member, endedBy(error));
      // What cannot be undone either is tried again when all have ended.
      await undo(entry, options).catch(endedBy);
    }
  }
  return accepted;
}
