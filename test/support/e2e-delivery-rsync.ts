import { join } from 'node:path';
import { sshKeyPair } from '../lab/certificates.ts';
import type { Lab } from '../lab/lab.ts';
import { configure } from './e2e-cluster.ts';
import type { Undo } from './e2e-test.ts';

const OWN_KEY = '/etc/certbot-ha/id_ed25519.inbox';

/** The transport is rsync, and a key of its own lets the nodes into each other's inboxes and nowhere else; `mayRead`: not for writing alone. */
export async function deliverByRsync(
  lab: Lab,
  undo: Undo,
  { mayRead = true, ...overrides }: { readonly mayRead?: boolean; readonly gate?: object } = {},
): Promise<void> {
  await configure(lab, undo, { ...overrides, transport: 'rsync' });
  const { publicKey, privateKey } = await sshKeyPair('root@lab for the inbox');
  await Promise.all(
    lab.nodes.map(async (node) => {
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
