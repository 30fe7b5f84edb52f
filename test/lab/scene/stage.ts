import type { Lab, LabNode } from '../lab.ts';

/** Has something undone when the test is over, however it ends; what was done last is undone first. */
export type Undo = (action: () => Promise<unknown>) => void;

export type ThreeNodes = readonly [LabNode, LabNode, LabNode];

/** What every verb of a scene works with. */
export interface Stage {
  readonly lab: Lab;
  /** When a test begins, the VIP is on the first. */
  readonly nodes: ThreeNodes;
  readonly undo: Undo;
}

export function threeOf(lab: Lab): ThreeNodes {
  const [web1, web2, web3] = lab.nodes;
  if (web1 === undefined || web2 === undefined || web3 === undefined)
    throw new Error('fewer than three nodes');
  return [web1, web2, web3];
}
