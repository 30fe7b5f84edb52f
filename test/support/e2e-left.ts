import { join } from 'node:path';
import type { LabNode } from '../lab/lab.ts';

/** What challenges have left on nodes, a line each: tokens, hidden files beside them, records of the hooks. */
export async function leftOn(nodes: readonly LabNode[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    nodes.map(async (node) => {
      const paths = [...(await node.tokens()).map((name) => `webroot ${name}`), ...(await recordsOf(node))];
      return paths.map((path) => `${node.name}: ${path}`);
    }),
  );
  return lists.flat();
}

/** The hooks' own files on a node that runs: recorded challenges, and what a transport needs for a moment. */
export async function recordsOf(node: LabNode): Promise<readonly string[]> {
  const { stateDir } = node.paths;
  const conditions = [
    '(',
    '-path',
    `${stateDir}/pending/*`,
    '-o',
    '-path',
    `${stateDir}/rsync-*`,
    ')',
    '-print',
  ];
  return (await node.check(['find', stateDir, ...conditions])).split('\n').filter(Boolean);
}

export async function clearLeft(nodes: readonly LabNode[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      const tokens = join(node.paths.webroot, '.well-known/acme-challenge');
      await node.check(['find', tokens, join(node.paths.stateDir, 'pending'), '-mindepth', '1', '-delete']);
    }),
  );
}
