import type { CaaRecord } from 'node:dns';
import { hasErrorCode } from '../base/errors.ts';

/** The CAA records that hold for a name, and where they are: there, or at the first name above it that has any (RFC 8659, section 3). */
export type CaaFound =
  | { readonly kind: 'records'; readonly at: string; readonly records: readonly CaaRecord[] }
  | { readonly kind: 'none' }
  /** it could not be told; `error` as the resolver calls it */
  | { readonly kind: 'unknown'; readonly error: string };

/** Asks DNS for the records of one name. */
export type AskCaa = (name: string) => Promise<readonly CaaRecord[]>;

const TIMEOUT_MS = 3_000;

/** The resolver of this host. @param signal ends it */
export async function createAskCaa(signal: AbortSignal): Promise<AskCaa> {
  const { Resolver } = await import('node:dns/promises');
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });
  return async (name) => await resolver.resolveCaa(name);
}

/** Never rejects for what DNS does. */
export async function findCaa(name: string, ask: AskCaa): Promise<CaaFound> {
  const labels = name.split('.');
  for (const at of labels.map((_, index) => labels.slice(index).join('.'))) {
    try {
      const records = await ask(at);
      if (records.length > 0) return { kind: 'records', at, records };
    } catch (error) {
      // No such name, or none of this kind: the name above it counts.
      if (hasErrorCode(error, 'ENODATA', 'ENOTFOUND')) continue;
      if (error instanceof Error && 'code' in error) return { kind: 'unknown', error: String(error.code) };
      throw error;
    }
  }
  return { kind: 'none' };
}
