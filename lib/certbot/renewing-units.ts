import type { Unit, Units } from './units-shown.ts';

/** A timer of this host that runs `certbot renew`, and the service by which it does. */
export interface RenewingUnit {
  readonly timer: string;
  readonly service: string;
  /** it runs only where `certbot-ha is-issuer` says so */
  readonly asksWho: boolean;
}

const RENEWS = /\bcertbot\b.*\brenew\b/;
const ASKS = /certbot-ha\S* (?:\S+ )*is-issuer/;

/** Those whose timer is active. */
export function renewingUnits(known: Units): readonly RenewingUnit[] {
  return [...known.values()].flatMap((unit) => renewingBy(unit, known));
}

function renewingBy({ unit, state, starts }: Unit, known: Units): readonly RenewingUnit[] {
  const service = known.get(starts);
  if (state !== 'active' || service === undefined || !RENEWS.test(service.command)) return [];
  const asksWho = ASKS.test(service.condition) || ASKS.test(service.command);
  return [{ timer: unit, service: starts, asksWho }];
}
