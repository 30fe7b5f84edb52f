import type { Debt } from '../delivery/owed.ts';
import { tableLines } from '../terminal/table.ts';
import type { LineageRow } from './lineages.ts';

export interface NodeRow {
  readonly node: string;
  readonly address: string;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  readonly agent: 'reachable' | 'unreachable';
  /** why it is unreachable */
  readonly reason: string | null;
  readonly version: string | null;
  readonly heldVips: readonly string[];
  /** responses to challenges in its webroot; null when its agent cannot tell */
  readonly challenges: number | null;
}

/** What `certbot-ha status --json` writes. */
export interface ClusterStatus {
  readonly nodes: readonly NodeRow[];
  /** who says to hold it; null: no reachable node does */
  readonly vips: readonly { readonly address: string; readonly holder: string | null }[];
  readonly lineages: readonly LineageRow[];
  /** what this node has still to deliver */
  readonly owed: readonly Debt[];
}

/** The same for people. */
export function linesOf({ nodes, vips, lineages, owed }: ClusterStatus): readonly string[] {
  const rows = nodes.map((row) => [
    row.node + (row.isSelf ? ' (self)' : ''),
    row.address,
    row.heldVips.join(', ') || '-',
    row.agent + (row.version === null ? '' : ` ${row.version}`),
    row.challenges === null ? '-' : String(row.challenges),
    [row.isDrained ? 'drained' : null, row.reason].filter((note) => note !== null).join('; '),
  ]);
  const orphans = vips.filter(({ holder }) => holder === null);
  return [
    ...tableLines(['NODE', 'ADDRESS', 'HOLDS', 'AGENT', 'CHALLENGES', 'NOTE'], rows),
    ...orphans.map(({ address }) => `vip ${address}: no node that answers says it holds it`),
    ...(lineages.length === 0 ? [] : ['', ...lineageTable(lineages)]),
    ...(owed.length === 0 ? [] : ['', ...owedTable(owed)]),
  ];
}

function lineageTable(rows: readonly LineageRow[]): readonly string[] {
  return tableLines(
    ['LINEAGE', 'TARGET', 'ADDRESS', 'INSTALLED', 'SERVES', 'NOT AFTER'],
    rows.map((row) => [
      row.lineage,
      row.target,
      row.address,
      row.installed ?? '-',
      row.serves,
      row.notAfter.slice(0, 10),
    ]),
  );
}

function owedTable(debts: readonly Debt[]): readonly string[] {
  return tableLines(
    ['OWED TO', 'LINEAGE', 'SINCE', 'REASON'],
    debts.map(({ node, lineage, since, reason }) => [node, lineage, `${since.slice(0, 16)}Z`, reason]),
  );
}
