import { abilitiesOf, lineageAbilitiesOf, type OfTransports } from './abilities.ts';
import type { Config } from './config.ts';

export const AGENT = 'certbot-ha-agent.service';

const INSTALLER_PATH = 'certbot-ha-installer.path';
const SYNC_PATH = 'certbot-ha-sync.path';
const SYNC_TIMER = 'certbot-ha-sync.timer';

/** What runs on every node with http. */
export const OWN_UNITS = [AGENT, INSTALLER_PATH, SYNC_PATH, SYNC_TIMER] as const;

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

/** The units that have to run on a node, by the transports of its configuration. */
export function neededUnits(config: OfTransports): readonly string[] {
  const { hasAgents } = abilitiesOf(config);
  const isShared = lineageAbilitiesOf(config).inbox === 'shared';
  return [
    ...(hasAgents ? [AGENT] : []),
    ...(isShared ? [] : [INSTALLER_PATH]),
    // Only an agent lets itself be asked to sync.
    ...(hasAgents ? [SYNC_PATH] : []),
    SYNC_TIMER,
    ...(isShared ? [WATCH] : []),
  ];
}

/** Those and what looks after them: what a set-up starts. */
export function unitsToStart(config: Pick<Config, 'transport' | 'notify'>): readonly string[] {
  return [...neededUnits(config), DOCTOR_TIMER, ...(config.notify.length > 0 ? [NOTIFY_TIMER] : [])];
}
