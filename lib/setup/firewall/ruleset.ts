/** A chain of nftables, by what names it. */
export interface ChainName {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export type Expression = Readonly<Record<string, unknown>>;

export interface Rule extends ChainName {
  readonly handle: number;
  readonly comment?: string;
  readonly expr: readonly Expression[];
}

interface Chain extends Omit<ChainName, 'chain'> {
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** What `nft --json list ruleset` prints, as far as it matters. */
export interface Ruleset {
  readonly chains: readonly Chain[];
  readonly rules: readonly Rule[];
}

/** @throws {SyntaxError} where it is no JSON */
export function readRuleset(json: string): Ruleset {
  const { nftables = [] } = JSON.parse(json) as { readonly nftables?: readonly Expression[] };
  const all = <T>(kind: string) => nftables.flatMap((entry) => (kind in entry ? [entry[kind] as T] : []));
  const rules = all<Rule>('rule').map((rule) => ({ ...rule, expr: rule.expr ?? [] }));
  return { chains: all<Chain>('chain'), rules };
}

export function isIn(rule: ChainName, { family, table, chain }: ChainName): boolean {
  return rule.family === family && rule.table === table && rule.chain === chain;
}

/** As nft takes it without quotes. */
const NAME = /^[a-z_][\w./-]*$/i;
/** firewalld replaces all that is in there. */
const FIREWALLD = 'firewalld';

/** Whether rules can be put there. */
export function isNamed({ table, chain }: ChainName): boolean {
  return table !== FIREWALLD && NAME.test(table) && NAME.test(chain);
}

/** Whether the chain is one of iptables, which does not understand what others add there. */
export function isOfIptables({ family, chain }: Omit<ChainName, 'table'>): boolean {
  return family !== 'inet' && chain === 'INPUT';
}
