import { dirname, join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';
import { deliverByRsync, type RsyncOptions } from './rsync.ts';
import type { Stage } from './stage.ts';

export interface Configuring {
  /** Changes keys of the configuration, by default on every node, until the test is over; agents stay as they are. */
  configure(overrides: object, nodes?: readonly LabNode[]): Promise<void>;
  /** The same with a text that need be no configuration. */
  configureAs(config: string, nodes?: readonly LabNode[]): Promise<void>;
  /** The transport is rsync, and a key of its own lets the nodes into each other's inboxes and nowhere else. */
  deliverByRsync(options?: RsyncOptions): Promise<void>;
  /** Resolves when the node has a challenge's response. A node that issues has its own first, then holds its gate. */
  tokensArrive(on: LabNode): Promise<void>;
  /** How often the CA itself has asked the node's web server for a challenge's response. */
  caFetchesFrom(node: LabNode): Promise<number>;
}

export function configuring(stage: Stage): Configuring {
  const { lab, undo } = stage;
  const configureAs: Configuring['configureAs'] = async (config, nodes = lab.nodes) => {
    undo(async () => await lab.configure(null, { nodes, restartAgents: false }));
    await lab.configure(config, { nodes, restartAgents: false });
  };
  const configure: Configuring['configure'] = async (overrides, nodes) =>
    await configureAs(lab.defaultConfig(overrides), nodes);
  return {
    configure,
    configureAs,
    async deliverByRsync({ mayRead = true, ...overrides } = {}) {
      await configure({ ...overrides, transport: 'rsync' });
      await deliverByRsync(stage, mayRead);
    },
    async tokensArrive(on) {
      const hasTokens = async () => (await on.tokens()).some((name) => !name.startsWith('.'));
      await eventually(hasTokens, { timeoutMs: 30_000, what: `a token on ${on.name}` });
    },
    async caFetchesFrom(node) {
      const own = join(dirname(node.paths.nginxConfDir), 'access.log');
      const log = await node.readFile(lab.kind === 'booted' ? '/var/log/nginx/access.log' : own);
      return log.split('\n').filter((line) => /acme-challenge\/.*LetsEncrypt-Pebble-VA/.test(line)).length;
    },
  };
}
