import { basename, join } from 'node:path';
import { removeAs, ROOT } from '../system/as-owner.ts';
import { beyondNewest } from '../system/keep-newest.ts';
import { entriesOf } from '../system/read-file.ts';
import { layoutOf } from './layout.ts';

/** They hold private keys, so no more of them than an operator may want to look at. */
const MAX_A_LINEAGE = 5;
const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** `stateDir/backup/NAME-TIME/`: whole archives, from before their numbers clashed with another node's. */
export interface Backups {
  /** Where the archive of a lineage is to be put aside. */
  place(lineage: string, now: Date): string;
  /** Removes the oldest ones of a lineage; never the one named, whatever the clock says. What cannot be removed stays. */
  prune(lineage: string, newest: string): Promise<void>;
}

export function createBackups(stateDir: string): Backups {
  const { backup: directory, backupOf } = layoutOf(stateDir);
  return {
    place: (lineage, now) => backupOf(lineage, now.toISOString().replaceAll(/[:.]/g, '-')),
    async prune(lineage, newest) {
      const isOf = (name: string) =>
        name.startsWith(`${lineage}-`) && STAMP.test(name.slice(lineage.length + 1));
      const others = (await entriesOf(directory)).filter((name) => isOf(name) && name !== basename(newest));
      const old = beyondNewest(
        others.map((name) => ({ name, at: name })),
        MAX_A_LINEAGE - 1,
      );
      if (old.length > 0)
        await removeAs(
          ROOT,
          old.map((name) => join(directory, name)),
        );
    },
  };
}
