import { isIP, type LookupFunction } from 'node:net';

/** How sockets find the address of what is configured, or redirected to, by name. */
export interface NameLookup {
  readonly lookup: LookupFunction;
  /** Ends the look-ups that have not come to anything. */
  readonly giveUp: () => void;
}

/**
 * Looks a name up once, for all sockets that ask at the same moment or after it was found.
 * @param timeoutMs for one name
 */
export function createNameLookup(timeoutMs: number): NameLookup {
  const over = new AbortController();
  const found = new Map<string, Promise<readonly string[] | null>>();

  async function addressesOf(name: string): Promise<readonly string[] | null> {
    // Names are the exception, and a hook starts faster without what starts programs.
    const { lookUp } = await import('./resolve.ts');
    const addresses = await lookUp(name, { timeoutMs, signal: over.signal });
    // It may be found at the next try.
    if (addresses === null || addresses.length === 0) found.delete(name);
    return addresses;
  }

  async function resolve(...[name, { all }, callback]: Parameters<LookupFunction>): Promise<void> {
    const asked = found.get(name) ?? addressesOf(name);
    found.set(name, asked);
    const addresses = await asked.catch(() => {
      // No program can be started now; it may be at the next try.
      found.delete(name);
      return null;
    });
    const [first, ...more] = (addresses ?? []).map((address) => ({ address, family: isIP(address) }));
    if (first === undefined) {
      const code = addresses === null ? 'EAI_AGAIN' : 'ENOTFOUND';
      callback(Object.assign(new Error(`${name}: no address`), { code }), '');
    } else if (all === true) callback(null, [first, ...more]);
    else callback(null, first.address, first.family);
  }

  return { lookup: (...given) => void resolve(...given), giveUp: () => over.abort() };
}

const untilAborted = new WeakMap<AbortSignal, LookupFunction>();

/** The look-up that all who work under a signal share, and that ends with it. @param timeoutMs for one name */
export function lookupUnder(signal: AbortSignal, timeoutMs: number): LookupFunction {
  const known = untilAborted.get(signal);
  if (known !== undefined) return known;
  const { lookup, giveUp } = createNameLookup(timeoutMs);
  signal.addEventListener('abort', giveUp, { once: true });
  untilAborted.set(signal, lookup);
  return lookup;
}
