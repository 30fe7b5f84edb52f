import { endedBy, type Ending } from './ending.ts';
import type { Member } from './put-in-place.ts';

/** Does the same with each, and notes those that have ended by it; resolves to the others. What this host does not let be done with one is that one's alone. */
export async function each(
  members: readonly Member[],
  endings: Map<Member, Ending>,
  step: (member: Member) => Promise<Ending | null | void>,
): Promise<readonly Member[]> {
  const going: Member[] = [];
  for (const member of members) {
    try {
      const end = await step(member);
      if (end) endings.set(member, end);
      else going.push(member);
    } catch (error) {
      endings.set(member, endedBy(error));
    }
  }
  return going;
}
