import type { LabNode } from '../contract.ts';

const KEY = '/root/.ssh/id_ed25519';
const MAKE_KEY = `install -d -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f ${KEY}; cat ${KEY}.pub`;
const LET_IN = 'install -d -m 700 /root/.ssh; umask 077; cat >>/root/.ssh/authorized_keys';

/** Lets root of the first node log in on the others. */
export async function letRootIn([first, ...others]: readonly LabNode[]): Promise<void> {
  if (first === undefined) return;
  const input = await first.check(['sh', '-euc', `rm -f ${KEY}; ${MAKE_KEY}`]);
  for (const node of others) await node.check(['sh', '-euc', LET_IN], { input });
}
