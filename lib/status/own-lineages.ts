import { join } from 'node:path';
import { liveOf } from '../certbot/config-dir.ts';
import type { Finding } from '../findings/register.ts';
import { currentGeneration } from '../lineage/current.ts';
import { listOurs } from '../lineage/list.ts';
import { unreadable } from '../lineage/unreadable.ts';
import type { StatusRecords } from './deletions.ts';
import type { Known } from './newest.ts';

/** What is here: of which the disk gives nothing now, what is recorded; and why, of the first such. */
export async function ownLineages(configDir: string, { installedOf }: Pick<StatusRecords, 'installedOf'>) {
  const here = new Map<string, Known>();
  let found: Finding | null = null;
  for (const lineage of await listOurs(configDir)) {
    try {
      const current = await currentGeneration(configDir, lineage);
      if (current !== null) here.set(lineage, { lineage, names: current.names, leaf: current });
    } catch (error) {
      const reason = unreadable(error, join(liveOf(configDir, lineage), 'cert.pem'));
      if (reason === null) throw error;
      found ??= reason;
      const record = await installedOf(lineage);
      if (record !== null) here.set(lineage, record);
    }
  }
  return { here, unreadable: found };
}
