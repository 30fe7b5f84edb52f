import { join } from 'node:path';
import { sshKeyPair } from '../certificates.ts';
import type { Stage } from './stage.ts';

export interface RsyncOptions {
  /** false: the key is for writing alone. Default true. */
  readonly mayRead?: boolean;
  readonly gate?: object;
}

const OWN_KEY = '/etc/certbot-ha/id_ed25519.inbox';

/** Lets the nodes into each other's inboxes by a key that is forced to stay there. */
export async function deliverByRsync({ nodes, undo }: Stage, mayRead: boolean): Promise<void> {
  const { publicKey, privateKey } = await sshKeyPair('root@lab for the inbox');
  await Promise.all(
    nodes.map(async (node) => {
      const authorized = join(node.paths.stateDir, '.ssh/authorized_keys');
      const before = await node.readFile(authorized);
      undo(async () => {
        await node.writeFile(authorized, before);
        await node.check(['rm', '-f', OWN_KEY]);
      });
      const rrsync = mayRead ? 'rrsync' : 'rrsync -wo';
      const forced = `command="${rrsync} ${join(node.paths.stateDir, 'inbox')}",restrict ${publicKey}`;
      await node.writeFile(authorized, `${before.trimEnd()}\n${forced}\n`);
      await node.writeFile(OWN_KEY, privateKey, { mode: 0o600 });
    }),
  );
}
