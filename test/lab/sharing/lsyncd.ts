import type { LabNode } from '../contract.ts';
import { letRootInEverywhere } from '../scene/root-ssh.ts';
import { makeChallenges, others, sh, startUnit, type SharingSystem } from './system.ts';

/** On each node, to each of the others, with lsyncd's own delay of 15 s. */
export const lsyncd: SharingSystem = {
  name: 'lsyncd',
  title: 'lsyncd, delay 15 s (its default)',
  packages: ['lsyncd', 'rsync'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    await letRootInEverywhere(nodes);
    for (const node of nodes) {
      await node.writeFile('/root/lsyncd.lua', configOf(node, others(nodes, node)));
      await startUnit(node, 'lsyncd', ['lsyncd', '-nodaemon', '/root/lsyncd.lua']);
    }
    const version = await sh(nodes[0], 'lsyncd --version');
    return {
      version,
      onTop: { transport: 'shared', gate: { timeout: 60 } },
      oneIn: 10,
    };
  },
};

function configOf({ paths }: LabNode, targets: readonly LabNode[]): string {
  const sync = ({ name }: LabNode) =>
    `sync { default.rsync, source = "${paths.webroot}/", target = "root@${name}:${paths.webroot}/", delete = false,
  rsync = { archive = true, rsh = "/usr/bin/ssh -o BatchMode=yes" } }`;
  return `settings { nodaemon = true, insist = true }\n${targets.map(sync).join('\n')}\n`;
}
