import type { Finding } from '../findings/register.ts';
import { timeOf } from '../lineage/generation.ts';
import { oddlyHeld } from '../peers/holdings.ts';
import { DAY_MS, HOUR_MS } from '../system/spans.ts';
import type { LineageRow } from './lineage-row.ts';
import type { ClusterStatus, NodeRow } from './nodes.ts';

/** Something that needs somebody. */
export interface Trouble {
  /** `web2 192.168.69.12`; null where it is the cluster's or the lineage's */
  readonly who: string | null;
  readonly found: Finding;
}

export interface TroubleOptions {
  /** a certificate with fewer days left is trouble; default: with less than a quarter of its time left */
  readonly days?: number | undefined;
  /** the same in milliseconds, by a certificate's whole lifetime; overrides `days` */
  readonly limitOf?: (lifetimeMs: number) => number;
  /** some node has to hold each VIP, or nobody renews; default true */
  readonly needsHolder?: boolean;
  /** what has just been issued, or could just not be delivered, is on its way and no trouble; default true */
  readonly isPatient?: boolean;
  readonly nowMs?: number;
}

/** certbot renews when a third of the time is left, or half of a short one. */
const LAST_PART = 1 / 4;
const ON_ITS_WAY_MS = HOUR_MS;
/** CAs backdate by an hour. */
const JUST_ISSUED_MS = 2 * HOUR_MS;

/** Everything in a cluster's status that needs somebody, for monitors: not what is only on its way. */
export function troublesOf(
  { nodes, vips, lineages, deletions, outstanding, overrides, accounts }: ClusterStatus,
  options: TroubleOptions = {},
): readonly Trouble[] {
  const { days, needsHolder = true, isPatient = true, nowMs = Date.now() } = options;
  const { limitOf = (lifetimeMs) => (days === undefined ? lifetimeMs * LAST_PART : days * DAY_MS) } = options;
  const silent = nodes.flatMap(({ node, address, reason, isDrained }): readonly Trouble[] =>
    reason === null || isDrained ? [] : [{ who: `${node} ${address}`, found: reason }],
  );
  const drained = new Set(nodes.filter(({ isDrained }) => isDrained).map(({ node }) => node));
  const late = outstanding
    .filter(({ node }) => !drained.has(node))
    .filter(({ since }) => !isPatient || nowMs - Date.parse(since) > ON_ITS_WAY_MS)
    .map(({ node, lineage, since }) =>
      trouble(node, { code: 'outstanding-long', lineage, since: timeOf(since) }),
    );
  const serving = lineages.filter(({ serves }) => serves === 'newest' || serves === 'another');
  const inUse = new Set(serving.map(({ lineage }) => lineage));
  const isEverybody = haveAllAnswered(nodes);
  const odd = vips.filter(({ holders, address }) => {
    if (holders.length > 0) return true;
    // Who does not answer may hold it, unless nobody serves there what others serve.
    return needsHolder && (isEverybody || isDead(address, lineages, inUse));
  });
  return [
    ...silent,
    ...odd.flatMap(oddlyHeld).map((found) => trouble(null, found)),
    ...ending(lineages, { limitOf, nowMs }),
    ...lineages
      .filter(({ notBefore }) => !isPatient || nowMs - Date.parse(notBefore) > JUST_ISSUED_MS)
      .flatMap((row) => behind(row, row.expected || inUse.has(row.lineage))),
    ...late,
    ...[...overrides, ...accounts].map((found) => trouble(null, found)),
    ...deletions.map(({ node, found }) => trouble(node, found)),
  ];
}

/** Whether each node that is not drained has told which VIPs it holds. */
export function haveAllAnswered(nodes: readonly Pick<NodeRow, 'agent' | 'isDrained'>[]): boolean {
  return nodes.every(({ agent, isDrained }) => isDrained || agent === 'reachable');
}

/** Whether nothing is served at an address of what has to be. What was not looked at may be served there. */
function isDead(address: string, rows: readonly LineageRow[], inUse: ReadonlySet<string>): boolean {
  const wanted = rows.filter(
    (row) =>
      row.address === address &&
      (row.serves !== null || row.isCutOff) &&
      (row.expected || inUse.has(row.lineage)),
  );
  return wanted.length > 0 && wanted.every(({ serves }) => serves === 'nothing');
}

/** A lineage once, whatever the number of targets. */
export function lineagesIn(rows: readonly LineageRow[]): readonly LineageRow[] {
  return [...new Map(rows.map((row) => [row.lineage, row])).values()];
}

function ending(
  rows: readonly LineageRow[],
  { limitOf, nowMs }: Required<Pick<TroubleOptions, 'limitOf' | 'nowMs'>>,
): readonly Trouble[] {
  return lineagesIn(rows).flatMap(({ lineage, notBefore, notAfter }) => {
    const end = Date.parse(notAfter);
    return end - nowMs < limitOf(end - Date.parse(notBefore))
      ? [trouble(null, { code: 'certificate-ends', lineage, notAfter: timeOf(notAfter) })]
      : [];
  });
}

/** @param isInUse it has to be served there: another target serves it, so who serves nothing at all does not run, or the configuration says so */
function behind(
  { lineage, target, address, installed, serves, expected }: LineageRow,
  isInUse: boolean,
): readonly Trouble[] {
  const who = target === address ? address : `${target} ${address}`;
  if (installed === 'older' || installed === 'none')
    return [trouble(who, { code: 'older-installed', lineage })];
  if (serves === 'another') return [trouble(who, { code: 'older-served', lineage })];
  const isMissing = serves === 'nothing' || (serves === 'foreign' && expected);
  const code = expected ? 'stated-port-fails' : 'nothing-served';
  return isMissing && isInUse ? [trouble(who, { code, lineage })] : [];
}

function trouble(who: string | null, found: Finding): Trouble {
  return { who, found };
}
