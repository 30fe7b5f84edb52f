import type { LabNode } from '../lab.ts';
import { restOf } from './units.ts';
import type { Stage } from './stage.ts';

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

export interface Timing {
  /** No timer starts sync on any node, and none that one has started is at work any more. */
  holdTimers(): Promise<Timers>;
}

export function timing({ nodes, undo }: Stage): Timing {
  return {
    async holdTimers() {
      let isHeld = true;
      const letGo = async () => {
        if (!isHeld) return;
        isHeld = false;
        for (const node of nodes) await release(node);
      };
      undo(letGo);
      for (const node of nodes) await hold(node);
      return { hurry, letGo };
    },
  };
}

async function hold(node: LabNode): Promise<void> {
  await node.check(['systemctl', 'stop', TIMER]);
  await restOf(node, 'certbot-ha-sync.service', 60_000);
}

async function release(node: LabNode): Promise<void> {
  await hold(node);
  await node.check(['rm', '-f', DROP_IN]);
  await node.check(['systemctl', 'daemon-reload']);
  await node.check(['systemctl', 'start', TIMER]);
}

async function hurry(node: LabNode): Promise<void> {
  await node.writeFile(DROP_IN, HURRY);
  await node.check(['systemctl', 'daemon-reload']);
  await node.check(['systemctl', 'start', TIMER]);
}
