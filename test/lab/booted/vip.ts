import type { LabNode } from '../contract.ts';
import { eventually } from '../eventually.ts';
import type { Keeper } from '../keeper.ts';
import { YIELD_FILE } from './keepalived.ts';
import { addressesOf } from './network.ts';

const MOVE_MS = 10_000;

export interface Vips {
  readonly holder: () => Promise<LabNode>;
  readonly move: (to: LabNode) => Promise<void>;
}

/** Who has the VIPs, by the addresses on the nodes' interfaces. A node whose cable is out counts as without. */
export function vipsOf(keeper: Keeper, nodes: readonly LabNode[], vips: readonly string[]): Vips {
  const held = (node: LabNode) =>
    addressesOf(keeper, node.name).then(
      (addresses) => vips.filter((vip) => addresses.includes(vip)).length,
      // A node that is off has no network.
      () => 0,
    );
  const soleHolder = async () => {
    const counts = await Promise.all(nodes.map(held));
    const index = counts.indexOf(vips.length);
    return counts.filter((count) => count > 0).length === 1 ? nodes[index] : undefined;
  };
  const holder = () => eventually(soleHolder, { timeoutMs: MOVE_MS, what: 'exactly one node with the VIP' });
  return {
    holder,
    async move(to) {
      const others = nodes.filter((node) => node !== to);
      await setYield(to, false);
      await Promise.all(others.map((node) => setYield(node, true)));
      await eventually(async () => (await soleHolder()) === to, {
        timeoutMs: MOVE_MS,
        what: `the VIP to move to ${to.name}`,
      });
      // They may take over again when `to` fails, and not before.
      await Promise.all(others.map((node) => setYield(node, false)));
    },
  };
}

/** A node that is off has no part in this. */
async function setYield(node: LabNode, isYielding: boolean): Promise<void> {
  await node.writeFile(YIELD_FILE, isYielding ? '1\n' : '0\n').catch((error: unknown) => {
    if (!(error instanceof Error && error.message === `${node.name} is off`)) throw error;
  });
}
