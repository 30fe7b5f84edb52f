import { isIP, type LookupFunction } from 'node:net';
import { isLoopback } from './address.ts';

/** How sockets find the address of what is configured, or redirected to, by name. */
export interface NameLookup {
  readonly lookup: LookupFunction;
  /** The same for who wants to know; null when that took longer than the time, or is over. */
  readonly addressesOf: (name: string) => Promise<readonly string[] | null>;
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

  async function ask(name: string): Promise<readonly string[] | null> {
    // Names are the exception, and a hook starts faster without what starts programs.
    const { lookUp } = await import('./resolve.ts');
    const addresses = await lookUp(name, { timeoutMs, signal: over.signal });
    // It may be found at the next try.
    if (addresses === null || addresses.length === 0) found.delete(name);
    return addresses && outwardOf(addresses);
  }

  async function addressesOf(name: string): Promise<readonly string[] | null> {
    const asked = found.get(name) ?? ask(name);
    found.set(name, asked);
    return await asked.catch(() => {
      // No program can be started now; it may be at the next try.
      found.delete(name);
      return null;
    });
  }

  async function resolve(...[name, { all }, callback]: Parameters<LookupFunction>): Promise<void> {
    const addresses = await addressesOf(name);
    const [first, ...more] = (addresses ?? []).map((address) => ({ address, family: isIP(address) }));
    if (first === undefined) {
      const code = addresses === null ? 'EAI_AGAIN' : 'ENOTFOUND';
      callback(Object.assign(new Error(`${name}: no address`), { code }), '');
    } else if (all === true) callback(null, [first, ...more]);
    else callback(null, first.address, first.family);
  }

  return { lookup: (...given) => void resolve(...given), addressesOf, giveUp: () => over.abort() };
}

/** Of a host's own name Debian's installer writes 127.0.1.1 into /etc/hosts: what answers there is not what peers and CA see. */
function outwardOf(addresses: readonly string[]): readonly string[] {
  const outward = addresses.filter((address) => !isLoopback(address));
  return outward.length > 0 ? outward : addresses;
}

const untilAborted = new WeakMap<AbortSignal, NameLookup>();

/** The look-up that all who work under a signal share, and that ends with it. @param timeoutMs for one name */
export function lookupUnder(signal: AbortSignal, timeoutMs: number): NameLookup {
  const known = untilAborted.get(signal);
  if (known !== undefined) return known;
  const names = createNameLookup(timeoutMs);
  signal.addEventListener('abort', names.giveUp, { once: true });
  untilAborted.set(signal, names);
  return names;
}
