import { allEnded } from '../base/all-ended.ts';
import type { Finding } from '../findings/register.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Verdict } from '../gate/verdict.ts';
import type { RollOrder } from './order.ts';

/**
 * How a node took the certificate:
 * - `served`: it has been seen to serve it
 * - `unused`: installed; nothing there is configured to serve it yet
 * - `unprobed`: installed; nobody looks whether it is served, as the configuration says
 * - `outstanding`: it could not be reached, or was not seen to serve it; sync tries again
 * - `refused`: its web server's test fails for it, its installer refused it, or it was seen to serve another one (rollout/activate)
 */
export interface NodeEnding {
  readonly node: ClusterNode;
  readonly state: 'served' | 'unused' | 'unprobed' | 'outstanding' | 'refused';
  /** what its gate saw; null where it did not come to that */
  readonly verdict: Verdict | null;
  /** why it is outstanding or refused; null where it is */
  readonly reason: Finding | null;
  /** for people: lines that do not name the node; the first one tells most */
  readonly messages: readonly string[];
  /** how long its activation took, or the try to hand it over, in milliseconds; absent: it was not tried */
  readonly ms?: number;
}

/** Whether a node has it, and serves it as far as anybody expects it to. */
export function hasTaken({ state }: Pick<NodeEnding, 'state'>): boolean {
  return state === 'served' || state === 'unused' || state === 'unprobed';
}

/** Activates one node and looks until it serves the certificate; rejects with a bug alone. */
export type ActivateNode = (node: ClusterNode) => Promise<NodeEnding>;

/**
 * Rolling activation: one backup first (the canary; where it is down, the next one), then the other
 * backups side by side, then the holders one after another. The first node whose test fails stops it:
 * no further node is activated, and no other node is changed or rolled back, since both certificates are valid.
 * @returns an ending for every node that was tried
 */
export async function rollOut(
  { backups, holders }: RollOrder,
  activate: ActivateNode,
): Promise<readonly NodeEnding[]> {
  const endings: NodeEnding[] = [];
  const isStopped = () => endings.some(({ state }) => state === 'refused');

  let next = 0;
  for (; next < backups.length; next += 1) {
    const canary = backups[next];
    if (canary === undefined) break;
    const ending = await activate(canary);
    endings.push(ending);
    if (ending.state !== 'outstanding') break;
  }
  if (isStopped()) return endings;

  endings.push(...(await allEnded(backups.slice(next + 1).map(activate))));
  for (const holder of holders) {
    if (isStopped()) return endings;
    endings.push(await activate(holder));
  }
  return endings;
}
