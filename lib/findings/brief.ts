import type { Finding } from './register.ts';

const MAX_ITEMS = 5;
const MAX_CHARS = 300;

/** A finding to be kept: another node may have put as much into it as a message may hold. */
export function brief<Found extends Finding>(finding: Found): Found {
  const cut = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(cut);
    return typeof value === 'string' ? value.slice(0, MAX_CHARS) : value;
  };
  return Object.fromEntries(Object.entries(finding).map(([name, value]) => [name, cut(value)])) as Found;
}
