import { asksWho, renews } from './renews.ts';
import type { Unit, Units } from './units-shown.ts';

/** A timer of this host that runs `certbot renew`, and the service by which it does. */
export interface RenewingUnit {
  readonly timer: string;
  /** whether it starts at boot, as systemd says it */
  readonly enabled: string;
  readonly service: string;
  /** it runs only where `certbot-ha is-issuer` says so */
  readonly asksWho: boolean;
}

/** Of services, the scripts that they run. */
type Scripts = ReadonlyMap<string, readonly string[]>;

/** Those whose timer is active. @param scripts without them, who has wrapped certbot is not known */
export function renewingUnits(known: Units, scripts: Scripts = new Map()): readonly RenewingUnit[] {
  return [...known.values()].flatMap((unit) => renewingBy(unit, known, scripts));
}

/** The services that a timer starts, other than certbot-ha's own. */
export function startedServices(known: Units): readonly Unit[] {
  const active = [...known.values()].filter(({ state, starts }) => state === 'active' && starts !== '');
  return active.flatMap(({ starts }) => {
    const service = starts.startsWith('certbot-ha-') ? undefined : known.get(starts);
    return service === undefined ? [] : [service];
  });
}

function renewingBy(
  { unit, state, starts, enabled }: Unit,
  known: Units,
  scripts: Scripts,
): readonly RenewingUnit[] {
  const service = known.get(starts);
  if (state !== 'active' || service === undefined) return [];
  const texts = [service.command, ...(scripts.get(starts) ?? [])];
  if (!texts.some(renews)) return [];
  return [{ timer: unit, enabled, service: starts, asksWho: [service.condition, ...texts].some(asksWho) }];
}
