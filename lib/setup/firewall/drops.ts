import { isIn, type ChainName, type Expression, type Rule, type Ruleset } from './ruleset.ts';

const TCP: ReadonlySet<unknown> = new Set(['tcp', 6]);

/**
 * Whether a chain has a rule that drops or rejects whatever begins to talk to the port, wherever that comes from. One that drops
 * by other signs, such as where it comes from, does not count: a ban is to stay.
 */
export function dropsHere(
  ruleset: Ruleset,
  chain: ChainName,
  port: number,
  looked: Set<string> = new Set(),
): boolean {
  looked.add(chain.chain);
  const rules = ruleset.rules.filter((rule) => isIn(rule, chain));
  return rules.some((rule) => dropsBy(ruleset, rule, port, looked));
}

/** The same of one rule. @param looked chains of its table that were looked at before: had one of them dropped, nobody would still look */
export function dropsBy(
  ruleset: Ruleset,
  rule: Rule,
  port: number,
  looked: Set<string> = new Set(),
): boolean {
  for (const statement of rule.expr) {
    if ('drop' in statement || 'reject' in statement || isXtReject(statement)) return true;
    const to = targetOf(statement);
    if (to !== null)
      return !looked.has(to) && dropsHere(ruleset, { ...chainOf(rule), chain: to }, port, looked);
    const isPassed = 'counter' in statement || 'log' in statement || isMet(statement['match'], port);
    if (!isPassed) return false;
  }
  return false;
}

function chainOf({ family, table, chain }: Rule): ChainName {
  return { family, table, chain };
}

function targetOf({ jump, goto }: Expression): string | null {
  const { target } = (jump ?? goto ?? {}) as { readonly target?: unknown };
  return typeof target === 'string' ? target : null;
}

/** Rules of iptables have some verdicts that nft only names. */
function isXtReject({ xt }: Expression): boolean {
  return (xt as { readonly name?: string } | null | undefined)?.name === 'REJECT';
}

/** Whether the packet that opens a connection to the port meets a condition, whoever sends it and however it arrives. */
function isMet(match: unknown, port: number): boolean {
  if (typeof match !== 'object' || match === null) return false;
  const { op, left, right } = match as Readonly<Record<'op' | 'left' | 'right', unknown>>;
  const isWhether = isWithin(left, right, port);
  return isWhether !== null && (op === '!=' ? !isWhether : isWhether);
}

/** Null: what is looked at is none of those that are known here. */
function isWithin(left: unknown, right: unknown, port: number): boolean | null {
  const { meta, ct, payload } = (left ?? {}) as Readonly<
    Record<string, Readonly<Record<string, unknown>> | null | undefined>
  >;
  const values = valuesOf(right);
  if (meta?.['key'] === 'iif' || meta?.['key'] === 'iifname') return !values.includes('lo');
  if (meta?.['key'] === 'l4proto') return values.some((value) => TCP.has(value));
  if (ct?.['key'] === 'state') return values.includes('new');
  const field = `${String(payload?.['protocol'])} ${String(payload?.['field'])}`;
  if (field === 'ip protocol' || field === 'ip6 nexthdr') return values.some((value) => TCP.has(value));
  if (field === 'tcp dport' || field === 'th dport') return values.some((value) => isPortIn(value, port));
  return null;
}

function valuesOf(right: unknown): readonly unknown[] {
  if (Array.isArray(right)) return right as readonly unknown[];
  const { set } = (typeof right === 'object' && right !== null ? right : {}) as { readonly set?: unknown };
  return set === undefined ? [right] : valuesOf(set);
}

function isPortIn(value: unknown, port: number): boolean {
  const { range } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly range?: unknown;
  };
  if (!Array.isArray(range)) return value === port;
  const [from, to] = range as readonly unknown[];
  return Number(from) <= port && port <= Number(to);
}
