import type { LabNode } from '../contract.ts';
import { challengesOf, makeChallenges, others, sh, type SharingSystem } from './system.ts';

const SSH = 'ssh -i /etc/certbot-ha/id_ed25519 -o BatchMode=yes';

/** To each of the others in turn, as hooks do that are written by hand. */
export const rsync: SharingSystem = {
  name: 'rsync',
  title: 'rsync over ssh, in a hook',
  packages: ['rsync'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    const to = (node: LabNode, options: string, what: string) =>
      others(nodes, node)
        .map(
          ({ address }) =>
            `rsync -e '${SSH}' ${options} ${what} certbot-ha@${address}:/.well-known/acme-challenge/`,
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
