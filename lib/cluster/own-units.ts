import type { TransportName } from './abilities.ts';
import type { Config } from './config.ts';

export const AGENT = 'certbot-ha-agent.service';

/** What runs on every node with http. */
export const OWN_UNITS = [
  AGENT,
  'certbot-ha-installer.path',
  'certbot-ha-sync.path',
  'certbot-ha-sync.timer',
] as const;

export const NOTIFY_TIMER = 'certbot-ha-notify.timer';

/** What doctor finds each day is kept, and told by notify. */
export const DOCTOR_TIMER = 'certbot-ha-doctor.timer';

/** The installer that stays, on a shared filesystem, whose changes no path unit sees. */
const WATCH = 'certbot-ha-watch.service';

/** Holds the agent's addresses while it restarts. Without it the agent listens by itself. */
export const AGENT_SOCKET = 'certbot-ha-agent.socket';

/** What somebody enables. The socket comes first: while it is there, whoever connects starts an agent that was stopped. */
export const ENABLED_UNITS = [AGENT_SOCKET, ...OWN_UNITS, NOTIFY_TIMER, DOCTOR_TIMER, WATCH] as const;

/** Started by one of the others. */
export const STARTED_UNITS = [
  'certbot-ha-installer.service',
  'certbot-ha-sync.service',
  'certbot-ha-notify.service',
  'certbot-ha-doctor.service',
] as const;

/** Every unit that there is in `systemd/`. */
export const ALL_OWN_UNITS = [...ENABLED_UNITS, ...STARTED_UNITS] as const;

/** What a node cannot do without; the rest is of use with http alone. */
const NEEDED: Readonly<Record<TransportName, readonly string[]>> = {
  http: OWN_UNITS,
  rsync: ['certbot-ha-installer.path', 'certbot-ha-sync.timer'],
  shared: ['certbot-ha-sync.timer', WATCH],
};

/** The units that have to run on a node, by the transport of its configuration. */
export function neededUnits({ transport }: { readonly transport: TransportName }): readonly string[] {
  return NEEDED[transport];
}

/** Those and what looks after them: what a set-up starts. */
export function unitsToStart(config: Pick<Config, 'transport' | 'notify'>): readonly string[] {
  return [...neededUnits(config), DOCTOR_TIMER, ...(config.notify.length > 0 ? [NOTIFY_TIMER] : [])];
}
