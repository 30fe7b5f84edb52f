import type { Cluster } from '../cluster/cluster.ts';
import { commandFor } from '../cluster/command-for.ts';
import { shellWord } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';
import { byHand, sedReplacement, typed, type Step } from '../findings/step.ts';
import { editing, type Renewer } from './renewers.ts';
import { CERTBOT_SERVICES, CERTBOT_TIMERS, type Units } from './units-shown.ts';

/** What is wrong with who renews on a node. */
export interface RenewalTrouble {
  readonly found: Finding;
  /** what to type and to do, in this order */
  readonly next: readonly Step[];
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
  const asking = `${commandFor(config.file, program)} is-issuer &&`;
  return [
    ...(renewers.length === 0 && isIssuer ? [nobody(units, asking)] : []),
    ...(renewers.length > 1 ? [tooMany(renewers)] : []),
    ...(isConditional
      ? renewers.filter((one) => !one.asksWho).map((one) => conditionMissing(one, asking, config.file))
      : []),
    ...renewers.filter(({ isLostAtBoot }) => isLostAtBoot).map(({ name }) => disabled(name)),
    ...renewers.filter(({ isUnfound }) => isUnfound).map(({ place }) => conditionNotFound(place, program)),
  ];
}

/** The timer that this host has for certbot is started; where it has none, what it will be called is not known. */
function nobody(units: Units | null, asking: string): RenewalTrouble {
  const found = { code: 'nobody-renews' } as const;
  if (units === null)
    return {
      found,
      next: [...typed('crontab -e'), ...byHand(`add there: 17 3,15 * * * ${asking} certbot -q renew`)],
    };
  const stateOf = (timer: string) => units.get(timer)?.load ?? 'not-found';
  const timer = CERTBOT_TIMERS.find((one) => stateOf(one) !== 'not-found');
  if (timer === undefined)
    return {
      found,
      next: [
        ...byHand("install certbot's package, or its snap, which bring a timer"),
        ...typed("systemctl list-unit-files '*certbot*.timer'"),
        ...byHand('enable the one that it lists: systemctl enable --now TIMER'),
      ],
    };
  const unmask = stateOf(timer) === 'masked' ? `systemctl unmask ${timer} && ` : '';
  return { found, next: typed(`${unmask}systemctl enable --now ${timer}`) };
}

/** The one that asks is the one to keep, or else certbot's own. */
function tooMany(renewers: readonly Renewer[]): RenewalTrouble {
  const worth = ({ asksWho, name }: Renewer) => Number(asksWho) * 2 + Number(CERTBOT_TIMERS.includes(name));
  const [, ...others] = renewers.toSorted((one, other) => worth(other) - worth(one));
  return {
    found: { code: 'several-renewers', renewers: renewers.map(({ name }) => name) },
    next: typed(others.map(({ off }) => off).join('; ')),
  };
}

function conditionMissing({ place }: Renewer, asking: string, file: string): RenewalTrouble {
  const found = { code: 'condition-missing', unit: place } as const;
  // What cron cannot find is no yes: nothing would be renewed.
  if (place.startsWith('/'))
    return {
      found,
      next: [
        ...typed(`grep -n certbot ${shellWord(place)}`),
        ...byHand(`put before certbot there: ${asking}`),
      ],
    };
  const own: readonly string[] = CERTBOT_SERVICES;
  const unit = own.includes(place) ? '' : ` --certbot-unit ${shellWord(place)}`;
  return { found, next: typed(`${commandFor(file)} install${unit}`) };
}

function disabled(unit: string): RenewalTrouble {
  return { found: { code: 'unit-disabled', unit }, next: typed(`systemctl enable ${shellWord(unit)}`) };
}

function conditionNotFound(file: string, program: string): RenewalTrouble {
  const next = editing(file, `s#(^|[^/[:alnum:]_-])certbot-ha #\\1${sedReplacement(shellWord(program))} #`);
  return { found: { code: 'condition-not-found', file }, next: typed(next) };
}
