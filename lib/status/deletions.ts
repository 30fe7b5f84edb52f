import type { Config } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { goneHere } from '../lineage/by-hand.ts';
import { isAhead } from '../lineage/stamp.ts';
import { overBy } from '../state/deleted-records.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import type { ToldTombstone } from '../state/tombstones.ts';

export type StatusRecords = Pick<Records, 'installed' | 'installedOf' | 'hasList' | 'deletions'>;

/** What one node says, by its name. */
export interface Told {
  readonly node: string;
  readonly lineages: readonly InstalledRecord[];
  readonly deleted: readonly ToldTombstone[];
}

/** Something about a lineage that was deleted, and the node where it is so. */
export interface DeletionRow {
  readonly node: string;
  readonly lineage: string;
  readonly found: Finding;
}

/** What was deleted on one node alone, and what this node has still to delete. */
export async function surveyDeletions(
  self: string,
  there: readonly Told[],
  {
    records,
    certificates,
    isRoot = true,
  }: {
    readonly records: StatusRecords;
    readonly certificates: Config['certificates'];
    /** default true: else certbot's lineages may not be read, and what sync has written down tells */
    readonly isRoot?: boolean;
  },
): Promise<readonly DeletionRow[]> {
  if (certificates.mode === 'per-node') return [];
  const own = await records.deletions();
  const now = new Date();
  const ahead = own
    .filter(({ stamp }) => isAhead(stamp, now))
    .map(({ lineage, stamp }) => ({
      node: self,
      lineage,
      found: { code: 'deletion-ahead' as const, lineage, stamp, here: now.toISOString() },
    }));
  const isOver = overBy([...own, ...there.flatMap(({ deleted }) => deleted)], now);
  const installed = await records.installed();
  const { byHand: names } = isRoot
    ? await goneHere(certificates.configDir, installed, await records.hasList())
    : { byHand: installed.filter(isNotedAsGone).map(({ lineage }) => lineage) };
  const here = installed.filter(({ lineage }) => names.includes(lineage));
  const pending = own.filter(({ isPending }) => isPending).map(({ lineage }) => lineage);
  // What another node has deleted, and this one's web server names, is remembered there alone.
  const kept = installed.filter(isOver).map(({ lineage }) => lineage);
  const waiting = [...new Set([...pending, ...kept])].map((lineage) => ({
    node: self,
    lineage,
    found: { code: 'deletion-waits' as const, lineage },
  }));
  const gone = [
    ...here.map((record) => ({ node: self, record })),
    ...there.flatMap(({ node, lineages }) =>
      lineages.filter(isNotedAsGone).map((record) => ({ node, record })),
    ),
  ];
  const byHand = gone
    .filter(({ record }) => !isOver(record))
    .map(({ node, record: { lineage } }) => ({
      node,
      lineage,
      found: { code: 'deleted-by-hand' as const, lineage },
    }));
  return [...byHand, ...waiting, ...ahead];
}

function isNotedAsGone({ goneSince }: Pick<InstalledRecord, 'goneSince'>): boolean {
  return goneSince !== undefined;
}
