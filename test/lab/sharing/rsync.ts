import type { LabNode } from '../contract.ts';
import { letRootInEverywhere } from '../scene/root-ssh.ts';
import { challengesOf, makeChallenges, others, sh, type SharingSystem } from './system.ts';

/**
 * To each of the others in turn, as root, as hooks do that are written by hand. Not by `rrsync`, which lets one run in at a time: of two runs
 * of certbot side by side, one would fail by that alone. certbot-ha's own transport goes by `rrsync`, and tries again.
 */
export const rsync: SharingSystem = {
  name: 'rsync',
  title: 'rsync over ssh, in a hook',
  packages: ['rsync'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    await letRootInEverywhere(nodes);
    const to = (node: LabNode, options: string, what: string) =>
      others(nodes, node)
        .map(
          ({ name }) =>
            `rsync -e 'ssh -o BatchMode=yes' ${options} ${what} root@${name}:${challengesOf(node)}/`,
        )
        .join('; ');
    const version = await sh(nodes[0], 'rsync --version | head -1');
    return {
      version,
      onTop: { transport: 'rsync' },
      push: (node) => to(node, '--times', `"${challengesOf(node)}/$1"`),
      remove: (node) =>
        `echo "$1" >"/tmp/$1"; ${to(node, '--files-from="/tmp/$1" --delete-missing-args', `${challengesOf(node)}/`)}; rm "/tmp/$1"`,
    };
  },
};
