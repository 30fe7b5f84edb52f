import type { LabNode } from '../lab.ts';
import type { Stage } from './stage.ts';

const OWN_UNITS = [
  'agent.service',
  'installer.path',
  'sync.path',
  'sync.timer',
  'installer.service',
  'sync.service',
];

export interface Replacing {
  /**
   * A new host in the place of a node: no lineage, no account, nothing of certbot-ha's but what its set-up makes, and the web
   * server's configuration, with which it cannot start. Resolves before certbot-ha is started; gives what does so.
   */
  replace(node: LabNode): Promise<() => Promise<void>>;
}

export function replacing({ undo }: Stage): Replacing {
  return {
    async replace(node) {
      const units = OWN_UNITS.map((unit) => `certbot-ha-${unit}`);
      const started = units.filter((unit) => !/(?:installer|sync)\.service/.test(unit));
      const start = async () => await node.check(['systemctl', 'start', ...started]).then(() => undefined);
      undo(start);
      undo(async () => await node.startService('nginx'));
      await node.check(['systemctl', 'stop', ...units]);
      const { letsencrypt, stateDir } = node.paths;
      await node.check(['find', letsencrypt, '-mindepth', '1', '-delete']);
      // What lets rsync in belongs to the set-up.
      const own = ['-mindepth', '1', '-maxdepth', '1', '!', '-name', '.ssh'];
      await node.check(['find', stateDir, ...own, '-exec', 'rm', '-rf', '{}', '+']);
      await node.check(['systemd-tmpfiles', '--create', 'certbot-ha.conf']);
      await node.run(['systemctl', 'restart', 'nginx']);
      return start;
    },
  };
}
