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

/** All nodes' timers, which stand still until the test is over. */
export interface Timers {
  /** A node's own starts sync in a second, and every two from then on. */
  hurry(node: LabNode): Promise<void>;
  /** All go as ever, before the test is over. */
  letGo(): Promise<void>;
}

/** No timer starts sync on any node, and none that one has started is at work any more. */
export async function holdTimers({ nodes }: Lab, undo: Undo): Promise<Timers> {
  let isHeld = true;
  const hold = async (node: LabNode) => {
    await node.check(['systemctl', 'stop', TIMER]);
    await syncRests(node);
  };
  const letGo = async () => {
    if (!isHeld) return;
    isHeld = false;
    for (const node of nodes) {
      await hold(node);
      await node.check(['rm', '-f', DROP_IN]);
      await node.check(['systemctl', 'daemon-reload']);
      await node.check(['systemctl', 'start', TIMER]);
    }
  };
  undo(letGo);
  for (const node of nodes) await hold(node);
  const hurry = async (node: LabNode) => {
    await node.writeFile(DROP_IN, HURRY);
    await node.check(['systemctl', 'daemon-reload']);
    await node.check(['systemctl', 'start', TIMER]);
  };
  return { hurry, letGo };
}

async function syncRests(node: LabNode): Promise<void> {
  const argv = ['systemctl', 'show', '--property=ActiveState', '--value', 'certbot-ha-sync.service'];
  await eventually(async () => /^(?:inactive|failed)$/.test((await node.check(argv)).trim()), {
    timeoutMs: 60_000,
    what: `${node.name}: sync to rest`,
  });
}
