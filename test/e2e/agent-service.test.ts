import type { LabNode } from '../lab/lab.ts';
import { eventually, expect, test, type Scene } from '../lab/scene/scene.ts';
import { show } from '../lab/scene/units.ts';

const UNIT = 'certbot-ha-agent.service';

/** Until the test is over. */
async function withDropIn(scene: Scene, node: LabNode, content: string): Promise<void> {
  const file = `/run/systemd/system/${UNIT}.d/test.conf`;
  const restart = async () => {
    await node.check(['systemctl', 'daemon-reload']);
    await node.stopService('agent');
    await node.startService('agent');
  };
  scene.undo(async () => {
    await node.check(['rm', '-f', file]);
    await restart();
  });
  await node.writeFile(file, content);
  await restart();
}

test(
  'systemd restarts an agent whose event loop hangs, and none that is well',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('systemd');
    const [web1, web2] = scene.nodes;
    const period = 2;
    await withDropIn(scene, web2, `[Service]\nWatchdogSec=${period}\nTimeoutStopSec=1\nRestartSec=100ms\n`);
    const pid = await show(web2, UNIT, 'MainPID');
    const heard = async () => Number(await show(web2, UNIT, 'WatchdogTimestampMonotonic')) / 1e6;

    const first = await heard();
    await eventually(async () => (await heard()) > first + 4 * period, {
      timeoutMs: 30_000,
      what: 'four periods of the watchdog to pass',
    });
    expect(await show(web2, UNIT, 'MainPID')).toBe(pid);

    await web2.check(['kill', '-STOP', pid]);
    const isAnother = async () =>
      (await show(web2, UNIT, 'ActiveState')) === 'active' && (await show(web2, UNIT, 'MainPID')) !== pid;
    await eventually(isAnother, { timeoutMs: 30_000, what: 'another agent' });
    expect(await web2.check(['journalctl', '-u', UNIT, '-o', 'cat'])).toContain('Watchdog timeout');
    expect(await web1.check(['certbot-ha', 'status'])).toMatch(/^web2 .* reachable/m);
  },
);
