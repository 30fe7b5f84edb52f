import type { LabNode } from '../contract.ts';

/** of root, on a node that may log in on others */
export const KEY = '/root/.ssh/id_ed25519';
const MAKE_KEY = `install -d -m 700 /root/.ssh; rm -f ${KEY}; ssh-keygen -q -t ed25519 -N '' -f ${KEY}; cat ${KEY}.pub`;
const LET_IN = 'install -d -m 700 /root/.ssh; umask 077; cat >>/root/.ssh/authorized_keys';

/** Lets root of the first node log in on the others. */
export async function letRootIn([first, ...others]: readonly LabNode[]): Promise<void> {
  if (first !== undefined) await letIn([first], others);
}

/** Lets root of each node log in on every other. */
export async function letRootInEverywhere(nodes: readonly LabNode[]): Promise<void> {
  await letIn(nodes, nodes);
}

async function letIn(from: readonly LabNode[], to: readonly LabNode[]): Promise<void> {
  const keys = await Promise.all(from.map((node) => node.check(['sh', '-euc', MAKE_KEY])));
  for (const node of to) await node.check(['sh', '-euc', LET_IN], { input: keys.join('') });
}
