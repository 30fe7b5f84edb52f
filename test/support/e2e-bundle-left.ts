import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { LabNode } from '../lab/lab.ts';

/** What deliveries have left on nodes, a line each: bundles, markers, requests, journal entries, half-written files. */
async function deliveriesOn(nodes: readonly LabNode[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    nodes.map(async (node) => {
      const { stateDir, letsencrypt } = node.paths;
      const places = ['inbox/bundles', 'inbox/activated', 'requests', 'journal'].map((path) =>
        join(stateDir, path),
      );
      const left = await node.check(['find', ...places, '-mindepth', '1', '-maxdepth', '1']);
      const written = await node.check(['find', stateDir, letsencrypt, '-name', '*.certbot-ha.tmp']);
      return `${left}${written}`
        .split('\n')
        .filter(Boolean)
        .map((path) => `${node.name}: ${path}`);
    }),
  );
  return lists.flat();
}

/** Nothing is on its way or half done on any node, once all that has been started has ended. */
export async function expectDelivered(nodes: readonly LabNode[], timeoutMs = 30_000): Promise<void> {
  let left: readonly string[] = [];
  const isOver = async () => {
    left = await deliveriesOn(nodes);
    return left.length === 0;
  };
  await eventually(isOver, { timeoutMs, what: 'nothing left', everyMs: 100 }).catch(() => undefined);
  expect(left).toEqual([]);
}

/** The installer has gone to rest on a node: what lies there has been seen to. */
export async function installerRests(node: LabNode, timeoutMs = 30_000): Promise<void> {
  const argv = ['systemctl', 'show', '--property=ActiveState', '--value', 'certbot-ha-installer.service'];
  const rests = async () => {
    const markers = await node.check(['ls', '-A', join(node.paths.stateDir, 'inbox/activated')]);
    return markers === '' && /^(?:inactive|failed)$/.test((await node.check(argv)).trim());
  };
  await eventually(rests, { timeoutMs, what: `${node.name}: the installer to rest` });
}
