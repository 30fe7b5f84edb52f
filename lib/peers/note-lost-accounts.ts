import type { Cluster } from '../cluster/cluster.ts';
import { lostAccountOf, lostAccounts, type LostAccount } from '../lineage/lost-account.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import type { Records } from '../state/records.ts';

export type AccountRecords = Pick<Records, 'installed' | 'installedOf' | 'writeInstalled'>;

/**
 * Writes into the records which ACME accounts this node has lost, and which have come back: a peer that has one brings it,
 * with the generation that is here already. Resolves to those that are lost.
 * @throws {CertbotHaError} `failed` when an installer keeps its lock
 */
export async function noteLostAccounts(
  { config: { stateDir, certificates } }: Pick<Cluster, 'config'>,
  records: AccountRecords,
  signal: AbortSignal,
): Promise<readonly LostAccount[]> {
  const { configDir, mode } = certificates;
  if (mode === 'per-node') return [];
  const installed = await records.installed();
  const lost = await lostAccounts(
    configDir,
    installed.map(({ lineage }) => lineage),
  );
  for (const { lineage, lacksAccount } of installed) {
    if (lost.find((one) => one.lineage === lineage)?.account === lacksAccount) continue;
    await withInstallerLock(stateDir, async () => await note(lineage, configDir, records), { signal });
  }
  return lost;
}

/** Looked at again while no installer works: it may have brought it meanwhile. */
async function note(lineage: string, configDir: string, records: AccountRecords): Promise<void> {
  const record = await records.installedOf(lineage);
  if (record === null) return;
  const { lacksAccount: _, ...whole } = record;
  const account = (await lostAccountOf(configDir, lineage))?.account;
  await records.writeInstalled(account === undefined ? whole : { ...whole, lacksAccount: account });
}
