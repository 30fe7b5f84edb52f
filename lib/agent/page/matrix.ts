import type { SeenNode, SeenRow, SeenVip, Snapshot, Survey } from './snapshot.ts';
import { spanOf } from '../../system/spans.ts';
import { awayOf, dayOf, worstOf, type Mark } from './words.ts';

/** A node or a VIP. */
export interface Column {
  readonly key: string;
  readonly name: string;
  readonly address: string;
  readonly mark: Mark;
  readonly isDrained: boolean;
  readonly notes: readonly string[];
}

export interface Said {
  readonly mark: Mark;
  readonly words: string;
}

/** A lineage at a node or a VIP: which generation it has and serves. */
export interface Cell {
  /** null: nothing is installed at a VIP */
  readonly has: Said | null;
  readonly serves: Said;
}

export interface MatrixRow {
  readonly lineage: string;
  /** `issued 2026-11-20`: the newest generation */
  readonly newest: string;
  readonly left: Said;
  readonly renews: Said;
  readonly notAfter: string;
  readonly mark: Mark;
  /** as the columns; null: the lineage is not looked for there */
  readonly cells: readonly (Cell | null)[];
}

/** Of a certificate's lifetime. certbot renews when a third is left. */
const [WARN_SHARE, BAD_SHARE] = [1 / 4, 1 / 10];

export function columnsOf({ nodes, vips }: Pick<Survey, 'nodes' | 'vips'>): readonly Column[] {
  const isEverybody = haveAllAnswered(nodes);
  return [
    ...nodes.map((node) => nodeColumn(node, vips)),
    ...vips.map(({ address, holders }) => ({
      key: `vip ${address}`,
      name: 'VIP',
      address,
      isDrained: false,
      mark: holdingMark(holders, isEverybody),
      notes: [holderWords(holders)],
    })),
  ];
}

function nodeColumn(
  { node, address, isSelf, isDrained, agent, reason, version }: SeenNode,
  vips: readonly SeenVip[],
): Column {
  const held = vips.filter(({ holders }) => holders.includes(node)).map((vip) => vip.address);
  const isSilent = agent === 'unreachable';
  return {
    key: `${node} ${address}`,
    name: node,
    address,
    isDrained,
    mark: isDrained ? 'idle' : reason !== null ? 'bad' : 'good',
    notes: [
      ...(isSelf ? ['this node'] : []),
      ...(isDrained ? ['drained'] : []),
      ...held.map((vip) => `holds ${vip}`),
      isSilent ? (reason === null ? 'no agent' : 'agent does not answer') : `agent ${version ?? 'answers'}`,
    ],
  };
}

export function haveAllAnswered(nodes: Survey['nodes']): boolean {
  return nodes.every(({ agent, isDrained }) => isDrained || agent === 'reachable');
}

/** Who does not answer may hold it. */
export function holdingMark({ length }: readonly string[], isEverybody: boolean): Mark {
  if (length === 1) return 'good';
  return length > 1 || isEverybody ? 'bad' : 'unknown';
}

export function holderWords(holders: readonly string[]): string {
  if (holders.length === 0) return 'no node that answers holds it';
  return holders.length === 1 ? `held by ${holders.join('')}` : `held by ${holders.join(' and ')} at once`;
}

/** Those with trouble first, then by name. */
export function rowsOf({ survey, nowMs }: Pick<Snapshot, 'survey' | 'nowMs'>): readonly MatrixRow[] {
  if (survey === null) return [];
  const columns = columnsOf(survey);
  const dues = new Map(survey.renewals.map((renewal) => [renewal.lineage, renewal]));
  const rows = [...byLineage(survey.lineages)].map(([lineage, seen]): MatrixRow => {
    const [first] = seen;
    const isInUse = seen.some(({ serves }) => serves === 'newest' || serves === 'another');
    const cells = columns.map(({ key }) => {
      const row = seen.find(({ target, address }) => `${target} ${address}` === key);
      return row === undefined ? null : cellOf(row, row.expected || isInUse);
    });
    const left = leftOf(first, nowMs);
    const marks = cells.flatMap((cell) =>
      cell === null ? [] : [cell.has?.mark ?? 'idle', cell.serves.mark],
    );
    return {
      lineage,
      newest: `issued ${dayOf(first?.notBefore ?? '')}`,
      left,
      renews: renewsOf(dues.get(lineage), nowMs),
      notAfter: first?.notAfter ?? '',
      mark: worstOf([left.mark, ...marks]),
      cells,
    };
  });
  const rank = ({ mark }: MatrixRow) => (mark === 'bad' ? 0 : mark === 'warn' ? 1 : 2);
  return rows.toSorted((one, other) => rank(one) - rank(other) || (one.lineage < other.lineage ? -1 : 1));
}

function byLineage(rows: readonly SeenRow[]): ReadonlyMap<string, readonly SeenRow[]> {
  const grouped = new Map<string, SeenRow[]>();
  for (const row of rows) {
    const others = grouped.get(row.lineage);
    if (others === undefined) grouped.set(row.lineage, [row]);
    else others.push(row);
  }
  return grouped;
}

function leftOf(row: Pick<SeenRow, 'notBefore' | 'notAfter'> | undefined, nowMs: number): Said {
  const [begin, end] = [Date.parse(row?.notBefore ?? ''), Date.parse(row?.notAfter ?? '')];
  if (Number.isNaN(end)) return { mark: 'unknown', words: 'unknown' };
  if (end <= nowMs) return { mark: 'bad', words: `expired ${awayOf(row?.notAfter ?? '', nowMs)}` };
  const share = (end - nowMs) / (end - begin);
  return {
    mark: share < BAD_SHARE ? 'bad' : share < WARN_SHARE ? 'warn' : 'good',
    words: `${spanOf(end - nowMs)} left`,
  };
}

function renewsOf(renewal: Survey['renewals'][number] | undefined, nowMs: number): Said {
  if (renewal === undefined) return { mark: 'unknown', words: 'renewal: unknown' };
  if (renewal.isLate) return { mark: 'bad', words: `renewal was due ${awayOf(renewal.due, nowMs)}` };
  if (Date.parse(renewal.due) <= nowMs) return { mark: 'good', words: 'renewal is due' };
  return { mark: 'idle', words: `renews ${awayOf(renewal.due, nowMs)}` };
}

function cellOf({ installed, serves, generation, isCutOff }: SeenRow, isWanted: boolean): Cell {
  return {
    has: installed === null ? null : hasOf(installed, generation),
    serves: servesOf(isCutOff === true ? 'unseen' : serves, isWanted),
  };
}

function hasOf(installed: NonNullable<SeenRow['installed']>, generation: SeenRow['generation']): Said {
  switch (installed) {
    case 'newest':
      return { mark: 'good', words: 'has newest' };
    case 'older':
      return {
        mark: 'bad',
        words: generation === null ? 'has older' : `has older: ${dayOf(generation.notBefore)}`,
      };
    case 'none':
      return { mark: 'bad', words: 'has none' };
    case 'deleted':
      return { mark: 'bad', words: 'deleted there' };
    case 'unknown':
      return { mark: 'unknown', words: 'has: unknown' };
  }
}

/** @param isWanted another target serves it, or the configuration says that it is served here */
function servesOf(serves: SeenRow['serves'] | 'unseen', isWanted: boolean): Said {
  switch (serves) {
    case 'newest':
      return { mark: 'good', words: 'serves newest' };
    case 'another':
      return { mark: 'bad', words: 'serves another' };
    case 'foreign':
      return { mark: isWanted ? 'warn' : 'idle', words: 'serves foreign' };
    case 'nothing':
      return { mark: isWanted ? 'bad' : 'idle', words: 'serves nothing' };
    case 'unseen':
      return { mark: 'unknown', words: 'serves: unknown' };
    case null:
      return { mark: 'idle', words: 'not probed' };
  }
}
