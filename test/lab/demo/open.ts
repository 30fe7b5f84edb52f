import { openLab, type Lab, type LabNode } from '../lab.ts';
import { logChallenges } from './access-log.ts';
import { must } from './failure.ts';
import { inSeconds, type Screen } from './screen.ts';
import type { Cast } from './stage.ts';

/** Each of the CA's fetches waits up to a second less than this: time for the VIP to move. */
export const VALIDATION_SLEEP_SECONDS = 3;

const UNITS = ['nginx', 'keepalived', 'certbot-ha-agent', 'certbot-ha-installer.path'] as const;

export async function open(screen: Screen): Promise<Lab> {
  screen.heading('Three hosts and a CA');
  screen.event('lab', 'starting');
  return openLab({ webServerPort443: false });
}

/** The cluster's configuration; what is lost is left out, so that nothing waits for it. */
export function configuration(lab: Lab, lost?: LabNode): string {
  return lab.defaultConfig({
    certificates: { mode: lab.kind === 'booted' ? 'shared' : 'per-node' },
    nodes: lost === undefined ? {} : { [lost.name]: { drained: true } },
  });
}

export async function getReady(lab: Lab, screen: Screen): Promise<Cast> {
  await Promise.all([
    lab.restartCa({ validationSleepSeconds: VALIDATION_SLEEP_SECONDS }),
    logChallenges(lab),
    lab.configure(configuration(lab)),
  ]);
  if (lab.reason !== null) {
    const instead = 'nodes are addresses of this machine with an nginx and an agent each';
    const text = `hosts cannot be booted here (${lab.reason}): ${instead}, and a forwarder plays the VIP`;
    screen.event('lab', text, 'notable');
  }
  for (const node of lab.nodes)
    screen.event(node.name, `${node.address.padEnd(15)} ${await describe(lab, node)}`);
  screen.event('ca', `${lab.ca.address.padEnd(15)} Pebble at ${lab.directoryUrl}`);
  const holder = await lab.holder();
  screen.event('vip', `${(lab.vips[0] ?? '').padEnd(15)} held by ${holder.name}`, 'notable');
  const [successor, issuer] = lab.nodes.filter((node) => node !== holder);
  must(
    successor !== undefined && issuer !== undefined,
    `three nodes are needed, there are ${lab.nodes.length}`,
  );
  return { holder, successor, issuer };
}

async function describe(lab: Lab, node: LabNode): Promise<string> {
  if (lab.kind === 'loopback') return 'nginx and the certbot-ha agent take connections';
  const { stdout } = await node.run(['systemctl', 'is-active', ...UNITS]);
  const states = stdout.trim().split('\n');
  const off = UNITS.filter((_, index) => states[index] !== 'active');
  must(off.length === 0, `${node.name}: ${off.join(', ')} should be active: ${states.join(', ')}`);
  return `booted in ${await bootTime(node)}, active: ${UNITS.join(', ')}`;
}

async function bootTime(node: LabNode): Promise<string> {
  const said = await node.check([
    'systemctl',
    'show',
    '-p',
    'UserspaceTimestampMonotonic',
    '-p',
    'FinishTimestampMonotonic',
  ]);
  const [from = 0, to = 0] = ['Userspace', 'Finish'].map((name) =>
    Number(new RegExp(`^${name}TimestampMonotonic=(\\d+)$`, 'm').exec(said)?.[1]),
  );
  return inSeconds((to - from) / 1000);
}
