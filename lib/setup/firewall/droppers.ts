import { dropsHere } from './drops.ts';
import { isNamed, isOfIptables, type ChainName, type Ruleset } from './ruleset.ts';

/** Whose the chains are that a packet for this host passes, and that may drop it. */
export interface Droppers {
  /** written by hand, or by something that leaves room for others */
  readonly own: readonly ChainName[];
  /** of iptables, which does not understand what others add there */
  readonly ofIptables: readonly ChainName[];
}

const FAMILIES: ReadonlySet<string> = new Set(['inet', 'ip', 'ip6']);

/** The chains for incoming packets that drop or reject what nothing has accepted before. @param port the agent's */
export function droppersIn(ruleset: Ruleset, port: number): Droppers {
  const found = ruleset.chains
    .filter(({ hook, type, family }) => hook === 'input' && type === 'filter' && FAMILIES.has(family))
    .filter(({ family, table, name }) => isNamed({ family, table, chain: name }))
    .flatMap(({ family, table, name, policy }) => {
      const chain: ChainName = { family, table, chain: name };
      return policy === 'drop' || dropsHere(ruleset, chain, port) ? [chain] : [];
    });
  return { own: found.filter((one) => !isOfIptables(one)), ofIptables: found.filter(isOfIptables) };
}
