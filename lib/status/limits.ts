import { DAY_MS } from '../system/spans.ts';

/** When too little is left of a certificate: days, or a part of its whole lifetime (0 to 1). */
export type Limit = { readonly days: number } | { readonly share: number };

/** What an operator has said; null: nothing. */
export type Limits = Readonly<Record<'warning' | 'critical', Limit | null>>;

// certbot renews when a third of the time is left, or half of a short one: a quarter is late, whatever the lifetime.
const WARNING: Limit = { share: 0.25 };
const CRITICAL: Limit = { share: 0.1 };

/**
 * The milliseconds that have to be left of a certificate with this lifetime. What is not said fits what is: nothing is
 * critical by default that is not worth a warning.
 */
export function leastLeft(
  { warning, critical }: Limits,
  lifetimeMs: number,
): Readonly<Record<'warning' | 'critical', number>> {
  const least = (limit: Limit) => ('days' in limit ? limit.days * DAY_MS : limit.share * lifetimeMs);
  const said = critical === null ? 0 : least(critical);
  const warningMs = warning === null ? Math.max(least(WARNING), said) : least(warning);
  return {
    warning: warningMs,
    critical: critical === null ? Math.min(least(CRITICAL), warningMs) : said,
  };
}
