import * as v from 'valibot';

/** A chain of nftables, by what names it. */
export interface ChainName {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export type Expression = Readonly<Record<string, unknown>>;

export interface Rule extends ChainName {
  readonly handle: number;
  readonly comment?: string | undefined;
  readonly expr: readonly Expression[];
}

interface Chain extends Omit<ChainName, 'chain'> {
  readonly name: string;
  readonly type?: string | undefined;
  readonly hook?: string | undefined;
  readonly policy?: string | undefined;
}

/** What `nft --json list ruleset` prints, as far as it matters. */
export interface Ruleset {
  readonly chains: readonly Chain[];
  readonly rules: readonly Rule[];
}

const text = v.fallback(v.optional(v.string()), undefined);
const FAMILY = v.picklist(['inet', 'ip', 'ip6', 'arp', 'bridge', 'netdev']);
const expression = v.record(v.string(), v.unknown());
const listSchema = v.object({ nftables: v.fallback(v.array(v.unknown()), []) });
const chainSchema = v.object({
  chain: v.object({
    family: FAMILY,
    table: v.string(),
    name: v.string(),
    type: text,
    hook: text,
    policy: text,
  }),
});
const ruleSchema = v.object({
  rule: v.object({
    family: FAMILY,
    table: v.string(),
    chain: v.string(),
    handle: v.number(),
    comment: text,
    expr: v.fallback(v.array(v.fallback(expression, {})), []),
  }),
});

/** What is in another form than nft's is passed over. @throws {SyntaxError} where it is no JSON */
export function readRuleset(json: string): Ruleset {
  const list = v.safeParse(listSchema, JSON.parse(json));
  const entries = list.success ? list.output.nftables : [];
  return {
    chains: entries.flatMap((entry) => {
      const read = v.safeParse(chainSchema, entry);
      return read.success ? [read.output.chain] : [];
    }),
    rules: entries.flatMap((entry) => {
      const read = v.safeParse(ruleSchema, entry);
      return read.success ? [read.output.rule] : [];
    }),
  };
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
