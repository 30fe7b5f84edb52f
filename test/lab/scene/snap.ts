import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../dist.ts';
import type { LabNode } from '../lab.ts';
import { readSteps } from './reader.ts';
import type { Stage } from './stage.ts';

export const SNAP_UNIT = 'snap.certbot.renew.service';

/** As snapd writes it, but for `snap run`. */
const UNIT = `[Unit]
Description=Service for snap application certbot.renew
Wants=network.target
After=network.target
X-Snappy=yes

[Service]
EnvironmentFile=-/etc/environment
ExecStart=/usr/bin/certbot renew --no-random-sleep-on-renew
SyslogIdentifier=certbot.renew
Restart=no
TimeoutStopSec=30
Type=oneshot
`;

/** Puts the snap's unit on a node for a test, and the project's drop-ins by the loop that README gives for them. */
export async function installSnap({ undo }: Pick<Stage, 'undo'>, node: LabNode): Promise<void> {
  const [unit, unpacked] = [`/etc/systemd/system/${SNAP_UNIT}`, '/root/unpacked'];
  undo(async () => {
    await node.check(['rm', '-rf', unit, `${unit}.d`, unpacked]);
    await node.check(['systemctl', 'daemon-reload']);
  });
  const dropIn = 'systemd/certbot.service.d/certbot-ha.conf';
  await node.writeFile(join(unpacked, dropIn), await readFile(join(CLONE, dropIn), 'utf8'));
  await node.writeFile(unit, UNIT);
  await node.check(['bash', '-euc', `cd "$0"; ${await loopForDropIns()}`, unpacked]);
  await node.check(['systemctl', 'daemon-reload']);
}

async function loopForDropIns(): Promise<string> {
  const loops = (await readSteps()).map(({ script }) => /^for unit in [\s\S]*?^done$/m.exec(script)?.[0]);
  const loop = loops.find((text) => text !== undefined);
  if (loop === undefined) throw new Error("README.md has no loop that installs drop-ins for certbot's units");
  return loop;
}
