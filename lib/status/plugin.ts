import { counted } from '../base/counted.ts';
import type { Finding } from '../findings/register.ts';
import { indentedLinesOf, lineOf } from '../findings/words.ts';
import { DAY_MS, spanOf } from '../system/spans.ts';
import { leastLeft, type Limits } from './limits.ts';
import type { LineageRow } from './lineage-row.ts';
import type { ClusterStatus } from './nodes.ts';
import { lineagesIn, troublesOf, type Trouble } from './troubles.ts';

/** 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: the exit codes of a monitoring plugin (Monitoring Plugins Development Guidelines). */
export type PluginState = 0 | 1 | 2 | 3;

const WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

export interface PluginOptions {
  readonly limits: Limits;
  /** as `troublesOf` has it */
  readonly needsHolder: boolean;
  /** the seconds that the survey had, where they were not enough; null: it has seen everything */
  readonly cutOffAfter: number | null;
  readonly nowMs?: number;
}

/** What a plugin prints, and its exit code. */
export interface PluginAnswer {
  readonly state: PluginState;
  readonly lines: readonly string[];
}

// A monitor keeps some kilobytes of what a plugin prints.
const MAX_TROUBLES = 30;
const MAX_MEASURED = 50;
const MAX_LINE = 400;

/** Who asks for the VIP reaches nobody, or now this node and now that one; and where one has to hold it, nobody renews. */
const OUTAGES: ReadonlySet<Finding['code']> = new Set(['vip-without-holder', 'vip-held-twice']);

/** A cluster's status as a monitoring plugin tells it. */
export function pluginAnswer(seen: ClusterStatus, options: PluginOptions): PluginAnswer {
  const { limits, needsHolder, cutOffAfter, nowMs = Date.now() } = options;
  const limitOf = (lifetimeMs: number) => Math.max(...Object.values(leastLeft(limits, lifetimeMs)));
  const rows = lineagesIn(seen.lineages).toSorted((one, other) => leftOf(one, nowMs) - leftOf(other, nowMs));
  const urgent = new Set(
    rows
      .filter((row) => leftOf(row, nowMs) < leastLeft(limits, lifetimeOf(row)).critical)
      .map(({ lineage }) => lineage),
  );
  const isCritical = ({ found }: Trouble) =>
    OUTAGES.has(found.code) || (found.code === 'certificate-ends' && urgent.has(found.lineage));
  const told = (isPatient: boolean) => troublesOf(seen, { limitOf, needsHolder, nowMs, isPatient });
  const patiently = told(true);
  const onTheirWay = told(false).length - patiently.length;
  const troubles = patiently
    .map((trouble) => ({ ...trouble, state: isCritical(trouble) ? (2 as const) : (1 as const) }))
    .toSorted((one, other) => other.state - one.state);
  const all: readonly Graded[] = [
    ...troubles,
    ...(cutOffAfter === null
      ? []
      : [{ who: null, found: { code: 'seen-in-part' as const, seconds: cutOffAfter }, state: 3 as const }]),
  ];
  const state = all[0]?.state ?? 0;
  const summary = `${summaryOf(seen, rows, nowMs)}${waitingOf(onTheirWay)}`;
  const figures = figuresOf(seen, rows, { limits, nowMs });
  return {
    state,
    lines: [`${headline(state, all, summary)} | ${figures.join(' ')}`, ...linesOf(all)],
  };
}

type Graded = Trouble & { readonly state: PluginState };

function headline(state: PluginState, all: readonly Graded[], summary: string): string {
  const [first, ...more] = all;
  if (first === undefined) return plain(`${WORDS[state]} - ${summary}`);
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return plain(`${WORDS[state]} - ${prefixOf(first)}${lineOf(first.found)}${rest}; ${summary}`);
}

function linesOf(all: readonly Graded[]): readonly string[] {
  const shown = all.slice(0, MAX_TROUBLES).flatMap((one) => {
    const [first, ...more] = indentedLinesOf(one.found);
    return [`${WORDS[one.state]}: ${prefixOf(one)}${first}`, ...more];
  });
  const rest = all.length - MAX_TROUBLES;
  return [...shown, ...(rest > 0 ? [`and ${rest} more: certbot-ha status --check`] : [])].map(plain);
}

function prefixOf({ who }: Pick<Trouble, 'who'>): string {
  return who === null ? '' : `${who}: `;
}

/** A line for a monitor, which takes what stands behind a `|` for figures. */
export function plain(line: string): string {
  const text = line.replaceAll('|', '/').replaceAll(/[\r\n]+/g, ' ');
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE - 3)}...` : text;
}

function summaryOf({ nodes }: ClusterStatus, rows: readonly LineageRow[], nowMs: number): string {
  const [first] = rows;
  const what = `${counted(rows.length, 'lineage')} on ${counted(nodes.length, 'node')}`;
  if (first === undefined) return what;
  const left = leftOf(first, nowMs);
  return left < 0
    ? `${what}, first has expired ${spanOf(-left)} ago`
    : `${what}, first expires in ${spanOf(left)}`;
}

/** Else who sees `doctor` fail meanwhile would look for the fault in one of the two. */
function waitingOf(count: number): string {
  return count === 0 ? '' : `, ${count} more not told yet for being new: certbot-ha doctor`;
}

/** Of each lineage the days that are left, those first that end first. */
function figuresOf(
  { nodes, outstanding }: ClusterStatus,
  rows: readonly LineageRow[],
  { limits, nowMs }: Required<Pick<PluginOptions, 'limits' | 'nowMs'>>,
): readonly string[] {
  const silent = nodes.filter(({ reason, isDrained }) => reason !== null && !isDrained).length;
  const days = (ms: number) => String(Math.round((ms / DAY_MS) * 100) / 100);
  const figure = (label: string, row: LineageRow) => {
    const lifetimeMs = lifetimeOf(row);
    const { warning, critical } = leastLeft(limits, lifetimeMs);
    return `'${label}'=${days(leftOf(row, nowMs))};${days(warning)}:;${days(critical)}:;;${days(lifetimeMs)}`;
  };
  return [
    `'lineages'=${rows.length};;;0`,
    `'nodes'=${nodes.length};;;0`,
    `'nodes_in_trouble'=${silent};;;0;${nodes.length}`,
    `'outstanding'=${outstanding.length};;;0`,
    ...rows.slice(0, 1).map((row) => figure('first_expires', row)),
    ...rows.slice(0, MAX_MEASURED).map((row) => figure(row.lineage.replaceAll(/['=|]/g, '_'), row)),
  ];
}

function leftOf({ notAfter }: LineageRow, nowMs: number): number {
  return Date.parse(notAfter) - nowMs;
}

function lifetimeOf({ notBefore, notAfter }: LineageRow): number {
  return Date.parse(notAfter) - Date.parse(notBefore);
}
