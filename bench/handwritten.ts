import type { Lab, LabNode } from '../test/lab/contract.ts';
import { challengesOf } from '../test/lab/sharing/system.ts';

/**
 * Hooks that do the least that certbot can ask of some: they leave the token on this node, as `--webroot` does by itself.
 * @returns the commands of the auth and the clean-up hook
 */
export async function installLeastHooks(node: LabNode): Promise<readonly [string, string]> {
  const auth = `#!/bin/sh
printf %s "$CERTBOT_VALIDATION" > ${challengesOf(node)}/$CERTBOT_TOKEN
`;
  await node.writeFile('/usr/local/bin/least-auth', auth, { mode: 0o755 });
  await node.writeFile('/usr/local/bin/least-cleanup', '#!/bin/sh\n', { mode: 0o755 });
  return ['least-auth', 'least-cleanup'];
}

/**
 * Hooks as they are usually written by hand: rsync the token to each peer, then ask each node and
 * the VIP until it is served, name by name.
 * @returns the commands of the auth and the clean-up hook
 */
export async function installHandwrittenHooks(lab: Lab, node: LabNode): Promise<readonly [string, string]> {
  const peers = lab.nodes.filter((other) => other !== node).map(({ address }) => address);
  const targets = [...lab.nodes.map(({ address }) => address), ...lab.vips];
  const directory = challengesOf(node);
  const rsync = 'rsync -e "ssh -i /etc/certbot-ha/id_ed25519 -o BatchMode=yes"';
  const remote = `/.well-known/acme-challenge/`;
  const auth = `#!/bin/sh
set -e
printf %s "$CERTBOT_VALIDATION" > ${directory}/$CERTBOT_TOKEN
for peer in ${peers.join(' ')}; do
  ${rsync} ${directory}/$CERTBOT_TOKEN certbot-ha@$peer:${remote}
done
for target in ${targets.join(' ')}; do
  until [ "$(curl -s --resolve $CERTBOT_DOMAIN:80:$target http://$CERTBOT_DOMAIN${remote}$CERTBOT_TOKEN)" = "$CERTBOT_VALIDATION" ]; do
    sleep 0.2
  done
done
`;
  const cleanup = `#!/bin/sh
rm -f ${directory}/$CERTBOT_TOKEN
mkdir -p /tmp/empty
for peer in ${peers.join(' ')}; do
  echo $CERTBOT_TOKEN | ${rsync} --files-from=- --delete-missing-args /tmp/empty/ certbot-ha@$peer:${remote}
done
`;
  await node.writeFile('/usr/local/bin/handwritten-auth', auth, { mode: 0o755 });
  await node.writeFile('/usr/local/bin/handwritten-cleanup', cleanup, { mode: 0o755 });
  return ['handwritten-auth', 'handwritten-cleanup'];
}
