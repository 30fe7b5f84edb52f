import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../dist.ts';
import type { LabNode } from '../lab.ts';
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

/** Puts the snap's unit on a node for a test, with the drop-in that `certbot-ha install` and the packages have for it. */
export async function installSnap({ undo }: Pick<Stage, 'undo'>, node: LabNode): Promise<void> {
  const unit = `/etc/systemd/system/${SNAP_UNIT}`;
  undo(async () => {
    await node.check(['rm', '-rf', unit, `${unit}.d`]);
    await node.check(['systemctl', 'daemon-reload']);
  });
  const dropIn = 'systemd/certbot.service.d/certbot-ha.conf';
  await node.writeFile(`${unit}.d/certbot-ha.conf`, await readFile(join(CLONE, dropIn), 'utf8'));
  await node.writeFile(unit, UNIT);
  await node.check(['systemctl', 'daemon-reload']);
}
