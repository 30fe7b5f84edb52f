import { liveOf } from '../certbot/config-dir.ts';
import { createLeafIndex, type Whose } from '../lineage/leaf-index.ts';
import { whoseIs } from '../peers/whose.ts';
import type { InstalledRecord } from '../state/records.ts';
import type { StatusRecords } from './deletions.ts';

/** Whose a certificate is, for each lineage, by what is here and what the peers tell. */
export function whoseBy(
  { configDir }: { readonly configDir: string },
  from: { readonly records: StatusRecords; readonly recorded: readonly InstalledRecord[] },
): (lineage: string) => Whose {
  const isOfAnother = createLeafIndex(configDir);
  return (lineage) =>
    whoseIs(liveOf(configDir, lineage), {
      isOfAnother,
      recorded: async () => {
        const own = await from.records.installedOf(lineage);
        return [...(own ? [own] : []), ...from.recorded.filter((record) => record.lineage === lineage)];
      },
    });
}
