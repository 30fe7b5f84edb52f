import type { TransportName } from './abilities.ts';

/** What runs on every node with http. */
export const OWN_UNITS = [
  'certbot-ha-agent.service',
  'certbot-ha-installer.path',
  'certbot-ha-sync.path',
  'certbot-ha-sync.timer',
] as const;

export const NOTIFY_TIMER = 'certbot-ha-notify.timer';

/** Started by one of the others. */
export const STARTED_UNITS = [
  'certbot-ha-installer.service',
  'certbot-ha-sync.service',
  'certbot-ha-notify.service',
] as const;

/** Every unit that there is in `systemd/`. */
export const ALL_OWN_UNITS = [...OWN_UNITS, NOTIFY_TIMER, ...STARTED_UNITS] as const;

/** What a node cannot do without; the rest is of use with http alone. */
const NEEDED: Readonly<Record<TransportName, readonly string[]>> = {
  http: OWN_UNITS,
  rsync: ['certbot-ha-installer.path', 'certbot-ha-sync.timer'],
  shared: ['certbot-ha-sync.timer'],
};

/** The units that have to run on a node, by the transport of its configuration. */
export function neededUnits({ transport }: { readonly transport: TransportName }): readonly string[] {
  return NEEDED[transport];
}
