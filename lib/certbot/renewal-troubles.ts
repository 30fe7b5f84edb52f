import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../findings/register.ts';
import { editing, type Renewer } from './renewers.ts';
import { CERTBOT_SERVICES, CERTBOT_TIMERS, type Units } from './units-shown.ts';

/** What is wrong with who renews on a node. */
export interface RenewalTrouble {
  readonly found: Finding;
  /** what to type */
  readonly next: string;
}

interface TroublesOptions {
  /** null: systemd does not run this host, or does not answer */
  readonly units: Units | null;
  /** where certbot-ha is: cron may not find it by its name */
  readonly program: string;
}

/** One program of a node is to run certbot renew, and to ask first whether this node is the issuer. */
export function renewalTroubles(
  renewers: readonly Renewer[],
  { config, self }: Pick<Cluster, 'config' | 'self'>,
  { units, program }: TroublesOptions,
): readonly RenewalTrouble[] {
  const { mode, issuer } = config.certificates;
  // Another node may be the only one to renew.
  const isIssuer = mode === 'per-node' || ['vip', 'any', self.name].includes(issuer);
  // Where every node renews, no condition keeps one from it.
  const isConditional = mode === 'shared' && issuer !== 'any' && config.nodes.length > 1;
  return [
    ...(renewers.length === 0 && isIssuer ? [nobody(units, program)] : []),
    ...(renewers.length > 1 ? [tooMany(renewers)] : []),
    ...(isConditional
      ? renewers.filter((one) => !one.asksWho).map((one) => conditionMissing(one, program))
      : []),
    ...renewers.filter(({ isLostAtBoot }) => isLostAtBoot).map(({ name }) => disabled(name)),
    ...renewers.filter(({ isUnfound }) => isUnfound).map(({ place }) => conditionNotFound(place, program)),
  ];
}

/** The timer that this host has for certbot is started; where it has none, there is none to start. */
function nobody(units: Units | null, program: string): RenewalTrouble {
  const found = { code: 'nobody-renews' } as const;
  if (units === null)
    return { found, next: `# in a crontab: 17 3,15 * * * ${program} is-issuer && certbot -q renew` };
  const stateOf = (timer: string) => units.get(timer)?.load ?? 'not-found';
  const timer = CERTBOT_TIMERS.find((one) => stateOf(one) !== 'not-found');
  if (timer === undefined)
    return { found, next: '# install certbot; then: systemctl enable --now certbot.timer' };
  const unmask = stateOf(timer) === 'masked' ? `systemctl unmask ${timer} && ` : '';
  return { found, next: `${unmask}systemctl enable --now ${timer}` };
}

/** The one that asks is the one to keep, or else certbot's own. */
function tooMany(renewers: readonly Renewer[]): RenewalTrouble {
  const worth = ({ asksWho, name }: Renewer) => Number(asksWho) * 2 + Number(name === 'certbot.timer');
  const [, ...others] = renewers.toSorted((one, other) => worth(other) - worth(one));
  return {
    found: { code: 'several-renewers', renewers: renewers.map(({ name }) => name) },
    next: others.map(({ off }) => off).join('; '),
  };
}

function conditionMissing({ place }: Renewer, program: string): RenewalTrouble {
  const own: readonly string[] = CERTBOT_SERVICES;
  const install = `certbot-ha install${own.includes(place) ? '' : ` --certbot-unit ${place}`}`;
  // What cron cannot find is no yes: nothing would be renewed.
  const next = place.startsWith('/') ? `# in ${place}, before certbot: ${program} is-issuer &&` : install;
  return { found: { code: 'condition-missing', unit: place }, next };
}

function disabled(unit: string): RenewalTrouble {
  return { found: { code: 'unit-disabled', unit }, next: `systemctl enable ${unit}` };
}

function conditionNotFound(file: string, program: string): RenewalTrouble {
  const next = editing(file, `s#(^|[^/[:alnum:]_-])certbot-ha #\\1${program} #`);
  return { found: { code: 'condition-not-found', file }, next };
}
