import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';
import type { Told } from '../agents-told.ts';

/** Certificates and stamps are compared by the clocks of their nodes. */
const MAX_DIFFERENCE_MS = 5_000;

/** The clocks of all nodes are within 5 s. One that differs from most is the one that is wrong, this node's too. */
export const clocks: Check = {
  name: 'clocks',
  run: async ({ agents }) => {
    const told = (await agents()) ?? [];
    const peers = told.filter(({ isSelf, clock }) => !isSelf && clock !== null);
    if (peers.length === 0) return skipped('no other agent tells its time');
    return judged(complaintsOf(told, peers), `${counted(peers.length + 1, 'node')} within 5 s`);
  },
};

function complaintsOf(told: readonly Told[], peers: readonly Told[]): readonly Complaint[] {
  const off = peers.filter(({ clock }) => differenceOf(clock) !== 0);
  const self = told.find(({ isSelf }) => isSelf);
  // With one other node nobody can say whose clock is right.
  if (self !== undefined && peers.length > 1 && off.length > peers.length / 2) {
    const ahead = off.map(({ clock }) => differenceOf(clock)).toSorted((one, other) => one - other);
    const seconds = -inSeconds(ahead[Math.floor(ahead.length / 2)] ?? 0);
    return [complaint('fail', { code: 'clock-differs', seconds, of: 'the other nodes' }, { on: self.node })];
  }
  return off.map(({ node, clock }) =>
    complaint(
      'fail',
      { code: 'clock-differs', seconds: inSeconds(differenceOf(clock)), of: 'this node' },
      { on: node },
    ),
  );
}

/** Milliseconds ahead; 0 where it may be within the limit. */
function differenceOf(clock: Told['clock']): number {
  if (clock === null) return 0;
  return Math.abs(clock.aheadMs) - clock.unsureMs > MAX_DIFFERENCE_MS ? clock.aheadMs : 0;
}

function inSeconds(ms: number): number {
  return Math.round(ms / 1000);
}
