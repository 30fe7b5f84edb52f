import { randomBytes } from 'node:crypto';
import { makeChallenges, sh, startUnit, type SharingSystem } from './system.ts';

/** A run in the hook, under a time-out: csync2 has none of its own for a node that is silent. */
export const csync2: SharingSystem = {
  name: 'csync2',
  title: 'csync2, in a hook',
  packages: ['csync2'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(makeChallenges));
    const key = `${randomBytes(48).toString('hex')}\n`;
    const hosts = nodes.map(({ name }) => name).join(' ');
    for (const node of nodes) {
      const config = `nossl * *;\ngroup acme {\n  host ${hosts};\n  key /etc/csync2.key;\n  include ${node.paths.webroot};\n  auto younger;\n}\n`;
      await node.writeFile('/etc/csync2.cfg', config);
      await node.writeFile('/etc/csync2.key', key, { mode: 0o600 });
      await sh(node, 'mkdir -p /var/lib/csync2');
      await startUnit(node, 'csync2-server', ['csync2', '-ii']);
    }
    const push = () => 'timeout 20 csync2 -x >/dev/null 2>&1';
    for (const node of nodes) await sh(node, push());
    const version = await sh(nodes[0], 'csync2 -h 2>&1 | head -1 || true');
    return { version, onTop: {}, push, remove: push, isConcurrent: false, oneIn: 5 };
  },
};
