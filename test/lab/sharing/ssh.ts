import type { LabNode } from '../contract.ts';

export const KEY = '/root/.ssh/id_ed25519';
const MAKE_KEY = `install -d -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f ${KEY}; cat ${KEY}.pub`;
const LET_IN = 'install -d -m 700 /root/.ssh; umask 077; cat >>/root/.ssh/authorized_keys';

/** Lets root of each node log in on every other. */
export async function letRootInEverywhere(nodes: readonly LabNode[]): Promise<void> {
  const keys = await Promise.all(nodes.map((node) => node.check(['sh', '-euc', MAKE_KEY])));
  for (const node of nodes) await node.check(['sh', '-euc', LET_IN], { input: keys.join('') });
}
