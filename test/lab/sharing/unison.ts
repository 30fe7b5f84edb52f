import type { LabNode } from '../contract.ts';
import { KEY, letRootInEverywhere } from '../scene/root-ssh.ts';
import { makeChallenges, others, sh, type SharingSystem } from './system.ts';

const BATCH = 'unison -ui text -batch -auto -confirmbigdel=false -prefer newer -times';

/** A run to each of the others in turn, over ssh. */
export const unison: SharingSystem = {
  name: 'unison',
  title: 'Unison over ssh, in a hook',
  packages: ['unison'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    await letRootInEverywhere(nodes);
    const push = (node: LabNode) =>
      others(nodes, node)
        .map(
          ({ name }) =>
            `HOME=/root ${BATCH} ${node.paths.webroot} ssh://root@${name}/${node.paths.webroot} >/dev/null 2>&1`,
        )
        .join('; ');
    // The first run of each pair takes stock.
    for (const node of nodes) await sh(node, push(node));
    const version = await sh(nodes[0], 'unison -version');
    return {
      version,
      onTop: { transport: 'unison', unison: { user: 'root', identityFile: KEY } },
      push,
      remove: push,
      isConcurrent: false,
      oneIn: 5,
    };
  },
};
