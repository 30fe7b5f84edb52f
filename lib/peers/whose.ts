import { basename } from 'node:path';
import { keptGenerations, type IsOfAnother, type Whose } from '../lineage/leaf-index.ts';
import { knownOf, type StampSource } from '../state/stamped.ts';
import type { Records } from '../state/records.ts';
import { deletedBy, type PeerView } from './survey.ts';

interface Sources {
  readonly isOfAnother: IsOfAnother;
  /** what is written down of it; default: nothing */
  readonly recorded?: () => Promise<readonly StampSource[]>;
}

/**
 * Tells the generations of a lineage from whatever else is shown for its names: by the archive here, and by what nodes have
 * written down, which is enough where the archive was pruned. Everything is read once, and not before it is asked for.
 * @param directory live/NAME, wherever it lies
 */
export function whoseIs(directory: string, { isOfAnother, recorded = async () => [] }: Sources): Whose {
  let reading: Promise<ReadonlySet<string>> | null = null;
  return async (leaf) => {
    reading ??= readGenerations(directory, recorded);
    if ((await reading).has(leaf.sha256)) return 'own';
    return (await isOfAnother(leaf, basename(directory))) ? 'other' : null;
  };
}

async function readGenerations(
  directory: string,
  recorded: NonNullable<Sources['recorded']>,
): Promise<ReadonlySet<string>> {
  const [kept, sources] = await Promise.all([keptGenerations(directory), recorded()]);
  return new Set([...kept, ...sources.flatMap(({ leaf, others = [] }) => [leaf, ...others]).map(idIn)]);
}

const idIn = ({ sha256 }: { readonly sha256: string }): string => sha256;

/** What this node and its peers have written down of a lineage, whatever their clocks say, and of one of its name that was deleted. */
export async function recordedBy(
  lineage: string,
  records: Pick<Records, 'installedOf' | 'deletionOf'>,
  views: readonly PeerView[],
): Promise<readonly StampSource[]> {
  const heard = views.flatMap((view) => (view.isReachable ? [...view.installed, ...view.ahead] : []));
  const now = new Date();
  const { own, peers } = await knownOf(lineage, {
    records,
    peers: heard.filter((record) => record.lineage === lineage),
    told: deletedBy(views, now),
    now,
  });
  return own === null ? peers : [own, ...peers];
}
