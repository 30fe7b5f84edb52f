import { hostname, networkInterfaces } from 'node:os';
import type { LookUp } from '../net/resolve.ts';

/** What this machine says of itself; a parameter so that a test can be another machine. */
export interface Machine {
  readonly hostname: string;
  readonly addresses: readonly string[];
  readonly lookUp: LookUp;
}

/** This machine's host name and the addresses on its interfaces, as they are now. */
export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  );
  return { hostname: hostname(), addresses, lookUp: lookUpHere };
}

const lookUpHere: LookUp = async (...given) => {
  // Names are the exception, and a hook starts faster without what starts programs.
  const { lookUp } = await import('../net/resolve.ts');
  return await lookUp(...given);
};
