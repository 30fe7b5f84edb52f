import { compareAge } from '../lineage/generation.ts';
import { sorted } from '../peers/survey.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import { stamped } from '../state/stamped.ts';

export type Known = Pick<InstalledRecord, 'lineage' | 'names' | 'leaf'>;

/** The newest generation of each lineage, by all that is known of its stamps. */
export async function newestOf(
  here: ReadonlyMap<string, Known>,
  there: readonly InstalledRecord[],
  records: Pick<Records, 'installedOf'>,
): Promise<ReadonlyMap<string, Known>> {
  const newest = new Map<string, Known>();
  const now = new Date();
  for (const lineage of new Set([...here.keys(), ...there.map((record) => record.lineage)])) {
    const { installed: peers, ahead } = sorted(
      there.filter((record) => record.lineage === lineage),
      now,
    );
    const known = { own: await records.installedOf(lineage), peers, now };
    const all = [here.get(lineage), ...peers, ...(here.has(lineage) || peers.length > 0 ? [] : ahead)];
    // Fifty nodes have the same one as a rule, whose stamp is looked up once.
    const [first] = all
      .filter((one) => one !== undefined)
      .filter(isFirstOfItsLeaf)
      .toSorted((one, other) => compareAge(stamped(other.leaf, known), stamped(one.leaf, known)));
    if (first !== undefined) newest.set(lineage, first);
  }
  return newest;
}

/** Of records of one generation the first. */
function isFirstOfItsLeaf({ leaf }: Known, index: number, all: readonly Known[]): boolean {
  return all.findIndex((one) => one.leaf.sha256 === leaf.sha256) === index;
}
