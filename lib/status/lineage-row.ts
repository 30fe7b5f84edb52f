import type { Config } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { nameBesideAddress, type Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import type { Leaf } from '../lineage/generation.ts';
import type { DeletionRow } from './deletions.ts';
import type { Known } from './newest.ts';
import type { Serves, Serving } from './serving.ts';

/** Which certificate of a lineage a node has. */
export type InstalledGeneration = Pick<Leaf, 'sha256' | 'notBefore' | 'notAfter'>;

/** What is known of a lineage at one target. */
export interface LineageRow {
  readonly lineage: string;
  readonly target: string;
  readonly address: string;
  /** of the newest generation that any node has; `deleted`: on that node alone; `unknown` where nobody tells, null for a VIP */
  readonly installed: 'newest' | 'older' | 'none' | 'deleted' | 'unknown' | null;
  /**
   * what is shown to who asks for its first name, on the worst of its ports; `another`: an earlier generation or, where the
   * configuration says that it is served, any certificate of the name; `foreign`: any other;
   * null: nobody looks, as the configuration says, or nobody had the time
   */
  readonly serves: Exclude<Serves, 'unseen'> | null;
  /** nobody had the time to look at all of it; absent: it was looked at */
  readonly isCutOff?: true;
  /** the one that is installed, as far as that is known; null: none, unknown, or a VIP */
  readonly generation: InstalledGeneration | null;
  /** whether the configuration says that it is served there */
  readonly expected: boolean;
  /** the newest generation's begin, ISO 8601 */
  readonly notBefore: string;
  /** the newest generation's end, ISO 8601 */
  readonly notAfter: string;
}

/** What each node has told, by its name. */
export interface Heard {
  readonly untold: Map<string, Finding>;
  readonly unread: Map<string, readonly string[]>;
  /** null: nothing */
  readonly installed: Map<string, ReadonlyMap<string, Known> | null>;
}

/** Where a lineage is looked at. */
export interface Place {
  readonly lineage: string;
  readonly known: Known;
  readonly target: Target;
}

/** What the survey has found out, and by what it looks at what is served. */
interface Looked extends Pick<Heard, 'unread' | 'installed'> {
  readonly deletions: readonly DeletionRow[];
  readonly serving: Serving;
  readonly config: Config;
}

/** What is known of a lineage at a target, which is looked at for it. */
export async function rowAt({ lineage, known, target }: Place, looked: Looked): Promise<LineageRow> {
  const services = settingsOf(looked.config, lineage).served;
  const serves = target.unprobed ? null : await looked.serving(target, known, services);
  const state = target.node && installedAt({ lineage, known, target }, looked);
  return {
    lineage,
    target: nameBesideAddress(target),
    address: target.address,
    installed: state,
    generation: state && generationOf(state, looked.installed.get(target.name)?.get(lineage)),
    ...(serves === 'unseen' ? { serves: null, isCutOff: true } : { serves }),
    expected: services !== null && target.unprobed === undefined,
    notBefore: known.leaf.notBefore,
    notAfter: known.leaf.notAfter,
  };
}

function installedAt({ lineage, known, target: { name } }: Place, { installed, unread, deletions }: Looked) {
  if (unread.get(name)?.includes(lineage)) return 'unknown';
  const isByHand = deletions.some(
    (row) => row.node === name && row.lineage === lineage && row.found.code === 'deleted-by-hand',
  );
  return isByHand ? 'deleted' : compare(installed.get(name) ?? null, lineage, known);
}

function generationOf(
  state: NonNullable<LineageRow['installed']>,
  known: Known | undefined,
): InstalledGeneration | null {
  if (known === undefined || (state !== 'newest' && state !== 'older')) return null;
  const { sha256, notBefore, notAfter } = known.leaf;
  return { sha256, notBefore, notAfter };
}

function compare(
  list: ReadonlyMap<string, Known> | null,
  lineage: string,
  newest: Known,
): LineageRow['installed'] {
  if (list === null) return 'unknown';
  const own = list.get(lineage);
  if (own === undefined) return 'none';
  return own.leaf.sha256 === newest.leaf.sha256 ? 'newest' : 'older';
}
