import { join } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { Finding } from '../findings/register.ts';
import { currentGeneration } from '../lineage/current.ts';
import { listOurs } from '../lineage/list.ts';
import { unreadable } from '../lineage/unreadable.ts';
import { readText } from '../system/read-text.ts';
import type { StatusRecords } from './deletions.ts';
import type { Known } from './newest.ts';

type OwnRecords = Pick<StatusRecords, 'installedOf' | 'installed'>;

/**
 * What is here: of which the disk gives nothing now, what is recorded; and why, of the first such. Who is not root may not read
 * certbot's lineages at all: the records tell of them then, which is no trouble. `unknown`: those of which neither tells.
 */
export async function ownLineages(
  configDir: string,
  records: OwnRecords,
  { isRoot = true }: { readonly isRoot?: boolean } = {},
) {
  const here = new Map<string, Known>();
  const unknown: string[] = [];
  let found: Finding | null = null;
  for (const lineage of await namesHere(configDir, records, isRoot)) {
    const file = join(liveOf(configDir, lineage), 'cert.pem');
    try {
      const current = await currentGeneration(configDir, lineage);
      if (current !== null) here.set(lineage, { lineage, names: current.names, leaf: current });
      else await unlessDenied(file);
    } catch (error) {
      const reason = unreadable(error, file);
      if (reason === null) throw error;
      if (isRoot || !isDenied(error)) found ??= reason;
      const record = await records.installedOf(lineage);
      if (record === null) unknown.push(lineage);
      else here.set(lineage, record);
    }
  }
  return { here, unknown, unreadable: found };
}

/** Where `renewal/` may not even be listed, those that are recorded. */
async function namesHere(
  configDir: string,
  records: OwnRecords,
  isRoot: boolean,
): Promise<readonly string[]> {
  try {
    return await listOurs(configDir);
  } catch (error) {
    if (isRoot || !isSystemError(error) || !isDenied(error)) throw error;
    const recorded = (await records.installed()).filter(({ goneSince }) => goneSince === undefined);
    return recorded.map(({ lineage }) => lineage).toSorted();
  }
}

/** What may not be read, `currentGeneration` takes for none. Rejects for that alone. */
async function unlessDenied(file: string): Promise<void> {
  await readText(file).catch((error: unknown) => {
    if (isDenied(error)) throw error;
  });
}

function isDenied(error: unknown): boolean {
  return hasErrorCode(error, 'EACCES', 'EPERM');
}
