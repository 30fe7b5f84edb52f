import { eventually } from '../lab/eventually.ts';
import type { Lab, LabNode } from '../lab/lab.ts';
import type { Undo } from './e2e-test.ts';

const TIMER = 'certbot-ha-sync.timer';
const DROP_IN = `/run/systemd/system/${TIMER}.d/hurry.conf`;

/** An empty one takes away all that the unit itself has of its kind. */
const HURRY = `[Timer]
OnBootSec=
OnUnitInactiveSec=
OnActiveSec=1s
OnUnitInactiveSec=2s
RandomizedDelaySec=0
AccuracySec=100ms
`;

/**
 * The node's own timer starts sync in a second, and every two from then on; no other node's does.
 * Gives what ends that before the test is over.
 */
export async function hurryTimer(lab: Lab, node: LabNode, undo: Undo): Promise<() => Promise<void>> {
  const others = lab.nodes.filter((other) => other !== node);
  let isHurried = true;
  const end = async () => {
    if (!isHurried) return;
    isHurried = false;
    await node.check(['systemctl', 'stop', TIMER]);
    await syncRests(node);
    await node.check(['rm', '-f', DROP_IN]);
    await node.check(['systemctl', 'daemon-reload']);
    for (const one of lab.nodes) await one.check(['systemctl', 'start', TIMER]);
  };
  undo(end);
  for (const other of others) await other.check(['systemctl', 'stop', TIMER]);
  await node.writeFile(DROP_IN, HURRY);
  await node.check(['systemctl', 'daemon-reload']);
  await node.check(['systemctl', 'restart', TIMER]);
  return end;
}

async function syncRests(node: LabNode): Promise<void> {
  const argv = ['systemctl', 'show', '--property=ActiveState', '--value', 'certbot-ha-sync.service'];
  await eventually(async () => /^(?:inactive|failed)$/.test((await node.check(argv)).trim()), {
    timeoutMs: 60_000,
    what: `${node.name}: sync to rest`,
  });
}
