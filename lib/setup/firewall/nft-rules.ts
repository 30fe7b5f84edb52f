import { normalAddress } from '../../net/address.ts';
import {
  isIn,
  isNamed,
  isOfIptables,
  type ChainName,
  type Expression,
  type Rule,
  type Ruleset,
} from './ruleset.ts';
import { dropsBy } from './drops.ts';
import { addressesOf, type Access, type Family } from './sources.ts';

/** What tells our rules from all others. */
export const MARK = 'certbot-ha';

/** The rules that a chain is to have, one a family of addresses; none where no peer has an address of the chain's family. */
function wantedIn({ family }: ChainName, access: Access): readonly Wanted[] {
  return (['ip', 'ip6'] as const)
    .filter((one) => family === 'inet' || family === one)
    .map((one) => ({ family: one, addresses: addressesOf(access, one), port: access.port }))
    .filter(({ addresses }) => addresses.length > 0);
}

interface Wanted {
  readonly family: Family;
  readonly addresses: readonly string[];
  readonly port: number;
}

/** The lines of a file for nft that put the rules before all others, and fail nowhere: not even where a chain is no more. */
export function linesFor(chains: readonly ChainName[], access: Access): readonly string[] {
  return chains.flatMap((name) => {
    const place = placeOf(name);
    return [
      `add table ${name.family} ${name.table}`,
      `add chain ${place}`,
      ...wantedIn(name, access).map((rule) => insertion(place, rule)),
    ];
  });
}

/** As nft names it. */
export function placeOf({ family, table, chain }: ChainName): string {
  return `${family} ${table} ${chain}`;
}

function insertion(place: string, rule: Wanted): string {
  return `insert rule ${place} ${textOf(rule)} comment "${MARK}"`;
}

function textOf({ family, addresses, port }: Wanted): string {
  return `${family} saddr { ${addresses.join(', ')} } tcp dport ${port} accept`;
}

/** The chains that have rules of ours, whether they drop or not. Where iptables keeps the chain, the rules are not nft's to change. */
export function markedIn({ rules }: Ruleset): readonly ChainName[] {
  const chains = rules
    .filter(({ comment }) => comment === MARK)
    .filter(
      ({ family, table, chain }) => isNamed({ family, table, chain }) && !isOfIptables({ family, chain }),
    )
    .map(({ family, table, chain }) => ({ family, table, chain }));
  return unionOf(chains, []);
}

/** Each of them once. */
export function unionOf(some: readonly ChainName[], others: readonly ChainName[]): readonly ChainName[] {
  const all = [...some, ...others];
  return all.filter((one, index) => all.findIndex((other) => isIn(one, other)) === index);
}

export interface Changes {
  /** commands for nft, which run all or none where they are given together */
  readonly commands: readonly string[];
  /** what they do, a line each */
  readonly lines: readonly string[];
}

/** What the running ruleset lacks of the rules, and has of them that is out of date. */
export function changesFor(ruleset: Ruleset, chains: readonly ChainName[], access: Access): Changes {
  const changes = chains.map((chain) => changesIn(ruleset, chain, access));
  return {
    commands: changes.flatMap(({ commands }) => commands),
    lines: changes.flatMap(({ lines }) => lines),
  };
}

function changesIn(ruleset: Ruleset, chain: ChainName, access: Access): Changes {
  const place = placeOf(chain);
  const inChain = ruleset.rules.filter((rule) => isIn(rule, chain));
  const there = inChain.filter((rule) => rule.comment === MARK);
  const wanted = wantedIn(chain, access);
  const isSame = there.map(keyOf).toSorted().join('\n') === wanted.map(keyOfWanted).toSorted().join('\n');
  const before = inChain.slice(0, inChain.findLastIndex((rule) => rule.comment === MARK) + 1);
  const isBehind = before.some((rule) => rule.comment !== MARK && dropsBy(ruleset, rule, access.port));
  if (there.length === 0 && wanted.length === 0)
    return { commands: [], lines: [`nothing for ${place}: no other node has an address of its family`] };
  if (isSame && !isBehind) return { commands: [], lines: [`already there: ${place}`] };
  return {
    commands: [
      ...there.map(({ handle }) => `delete rule ${place} handle ${handle}`),
      ...wanted.map((rule) => insertion(place, rule)),
    ],
    lines: [
      ...(there.length > 0
        ? [
            `taken out of ${place}: ${there.length} of our rules, which were ${isSame ? 'behind one that drops' : 'out of date'}`,
          ]
        : []),
      ...wanted.map((rule) => `put first into ${place}: ${textOf(rule)}`),
    ],
  };
}

function keyOfWanted({ family, addresses, port }: Wanted): string {
  return [family, ...addresses, port, true].join(' ');
}

/** The same of a rule that is there, whatever nft makes of a set of one. */
function keyOf({ expr }: Rule): string {
  const found = expr.flatMap<Expression>(({ match }) => {
    const { left, right } = (match ?? {}) as {
      readonly left?: { readonly payload?: Expression };
      right?: unknown;
    };
    return left?.payload === undefined ? [] : [{ ...left.payload, right }];
  });
  const source = found.find(({ field }) => field === 'saddr');
  const addresses = elementsOf(source?.['right']).map((one) => normalAddress(String(one)));
  const port = found.find(({ field }) => field === 'dport')?.['right'];
  const isAccepted = expr.some((statement) => 'accept' in statement);
  return [source?.['protocol'], ...addresses.toSorted(), port, isAccepted].join(' ');
}

function elementsOf(right: unknown): readonly unknown[] {
  const { set } = (typeof right === 'object' && right !== null ? right : {}) as { readonly set?: unknown };
  if (Array.isArray(set)) return set as readonly unknown[];
  return [right];
}
