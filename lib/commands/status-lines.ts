import { indentedLinesOf, lineOf, withMessage } from '../findings/words.ts';
import { oddlyHeld } from '../peers/holdings.ts';
import type { ClusterStatus } from '../status/nodes.ts';
import type { Outstanding } from '../state/outstanding.ts';
import { wordsOfFileSystem } from '../system/file-system.ts';
import { tableLines } from '../base/table.ts';
import type { DeletionRow } from '../status/deletions.ts';
import type { RenewalPlan } from '../status/plan.ts';
import type { LineageRow } from '../status/lineage-row.ts';
import type { Trouble } from '../status/troubles.ts';

/** A cluster's status for people, as tables. */
export function linesOf({
  nodes,
  vips,
  lineages,
  deletions,
  outstanding,
  notes,
  overrides,
  accounts,
}: ClusterStatus): readonly string[] {
  return [
    ...nodeTable(nodes),
    ...vips.flatMap(oddlyHeld).map(lineOf),
    ...(lineages.length === 0 ? [] : ['', ...lineageTable(lineages)]),
    ...(deletions.length === 0 ? [] : ['', ...deletions.flatMap(deletionLines)]),
    ...(outstanding.length === 0 ? [] : ['', ...outstandingTable(outstanding)]),
    ...[...notes, ...overrides, ...accounts].flatMap((found, index) => [
      ...(index === 0 ? [''] : []),
      ...indentedLinesOf(found),
    ]),
  ];
}

export function nodeTable(nodes: ClusterStatus['nodes']): readonly string[] {
  const isShared = nodes.some(({ fileSystem }) => fileSystem !== undefined);
  // Where nodes share a webroot: what each of them has mounted for it.
  const webroot = (cell: string) => (isShared ? [cell] : []);
  const heads = ['NODE', 'ADDRESS', 'HOLDS', 'AGENT', 'CHALLENGES', ...webroot('WEBROOT'), 'NOTE'];
  const rows = nodes.map((row) => [
    row.node + (row.isSelf ? ' (self)' : ''),
    row.address,
    row.heldVips.join(', ') || '-',
    row.agent + (row.version === null ? '' : ` ${row.version}`),
    row.challenges === null ? '-' : String(row.challenges),
    ...webroot(row.fileSystem ? wordsOfFileSystem(row.fileSystem) : '-'),
    [row.isDrained ? 'drained' : null, row.reason && lineOf(row.reason)]
      .filter((note) => note !== null)
      .join('; '),
  ]);
  return tableLines(heads, rows);
}

function lineageTable(rows: readonly LineageRow[]): readonly string[] {
  return tableLines(
    ['LINEAGE', 'TARGET', 'ADDRESS', 'INSTALLED', 'SERVES', 'NOT AFTER'],
    rows.map((row) => [
      row.lineage,
      row.target,
      row.address,
      row.installed ?? '-',
      row.serves ?? (row.isCutOff ? 'unknown' : '-'),
      row.notAfter.slice(0, 10),
    ]),
  );
}

function deletionLines({ node, found }: DeletionRow): readonly string[] {
  const [first, ...more] = indentedLinesOf(found);
  return [`${node}: ${first}`, ...more];
}

function outstandingTable(deliveries: readonly Outstanding[]): readonly string[] {
  return tableLines(
    ['OUTSTANDING', 'LINEAGE', 'SINCE', 'REASON'],
    deliveries.map(({ node, lineage, since, reason }) => [
      node,
      lineage,
      `${since.slice(0, 16)}Z`,
      lineOf(reason),
    ]),
  );
}

export type StatusDocument = ReturnType<typeof documentOf>;

interface SaidOfIt {
  readonly plan: RenewalPlan;
  readonly troubles: readonly Trouble[];
  /** there was no time to see everything */
  readonly isCutOff: boolean;
}

/** The same for programs: each finding with its words beside its code and arguments. */
export function documentOf(seen: ClusterStatus, { plan, troubles, isCutOff }: SaidOfIt) {
  return {
    ...plan,
    ...seen,
    isCutOff,
    nodes: seen.nodes.map((row) => ({ ...row, reason: row.reason && withMessage(row.reason) })),
    outstanding: seen.outstanding.map((one) => ({ ...one, reason: withMessage(one.reason) })),
    notes: seen.notes.map(withMessage),
    overrides: seen.overrides.map(withMessage),
    accounts: seen.accounts.map(withMessage),
    deletions: seen.deletions.map((row) => ({ ...row, found: withMessage(row.found) })),
    // What `--check` prints.
    troubles: troubles.map((trouble) => ({ ...trouble, found: withMessage(trouble.found) })),
  };
}
