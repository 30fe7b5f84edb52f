import { isIP, type LookupFunction } from 'node:net';

/** How sockets find the address of a node that is configured by name. */
export interface NameLookup {
  readonly lookup: LookupFunction;
  /** Ends the look-ups that have not come to anything. */
  readonly giveUp: () => void;
}

/** @param timeoutMs for one name */
export function createNameLookup(timeoutMs: number): NameLookup {
  const over = new AbortController();

  async function resolve(...[name, { all }, callback]: Parameters<LookupFunction>): Promise<void> {
    // Names are the exception, and a hook starts faster without what starts programs.
    const { lookUp } = await import('./resolve.ts');
    const addresses = await lookUp(name, { timeoutMs, signal: over.signal });
    const [first, ...more] = (addresses ?? []).map((address) => ({ address, family: isIP(address) }));
    if (first === undefined) {
      const code = addresses === null ? 'EAI_AGAIN' : 'ENOTFOUND';
      callback(Object.assign(new Error(`${name}: no address`), { code }), '');
    } else if (all === true) callback(null, [first, ...more]);
    else callback(null, first.address, first.family);
  }

  return { lookup: (...given) => void resolve(...given), giveUp: () => over.abort() };
}
