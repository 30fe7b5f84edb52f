import { print } from '../base/print.ts';
import { printExpected } from '../base/report-error.ts';
import { renewalDirectory } from '../certbot/config-dir.ts';
import { listOurs } from '../lineage/list.ts';
import { noteLostAccounts } from '../peers/note-lost-accounts.ts';
import type { PeerView } from '../peers/survey.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import type { Outstanding } from '../state/outstanding.ts';
import { LIMITS } from '../system/limits.ts';
import { lockLimits } from '../system/lock.ts';
import { targetOf } from '../system/read-file.ts';
import { timeLimit, type TimeLimit } from '../system/time-limit.ts';
import { removeOrphanedSources } from '../transports/rsync/source.ts';
import { offersOf } from './offers.ts';
import { idsOf, noticeGone } from './sync-deletions.ts';
import type { SyncOptions } from './sync-lineage.ts';

/** What this node has to give; what is recorded as installed and is no more, is forgotten, unless it was deleted on this node alone, or the directory itself is away. */
export async function ownOffers(
  views: readonly PeerView[],
  options: SyncOptions,
  // Listed before anything is waited for: a program with a later configuration may note a node that this one does not know.
  noted: readonly Outstanding[],
  // However many lineages there are, they wait for an installer together.
  limit = timeLimit(LIMITS.installerMs, options.signal),
) {
  const {
    cluster,
    state: { records, outstanding },
    io,
  } = options;
  const { stateDir, certificates, nodes } = cluster.config;
  const directory = renewalDirectory(certificates.configDir);
  // A link to what is not mounted is none either.
  if ((await targetOf(directory))?.isDirectory() !== true) {
    const known = [...(await records.installed()), ...(await outstanding.list())];
    const lineages = [...new Set(known.map(({ lineage }) => lineage))];
    if (lineages.length > 0) {
      print(io.err, { code: 'lineages-away', directory, lineages });
      return { offers: [], isWhole: false };
    }
  }
  const noting = { lock: lockLimits(limit), err: io.err };
  for (const lost of await noteLostAccounts(cluster, records, noting)) print(io.err, lost);
  const { gone, isGood } = await noticeGone(views, options, limit);
  const isKept = await forgetRest(gone, options, limit);
  // Only now: what certbot has issued while an installer was waited for is here as well.
  const lineages = await listOurs(certificates.configDir);
  const ids = (await records.deletions()).flatMap(idsOf);
  await outstanding.keep(noted, { nodes: nodes.map(({ name }) => name), lineages, ids });
  await removeOrphanedSources(stateDir);
  const found = await offersOf(lineages, { cluster, records, views, io, limit });
  return { ...found, isWhole: found.isWhole && isGood && isKept };
}

/** Forgets what is recorded and here no more. It is looked at again while no installer works, which may just bring one of them. False, and told, where one does not end. */
async function forgetRest(
  gone: readonly string[],
  { cluster, state: { records }, io }: SyncOptions,
  limit: TimeLimit,
): Promise<boolean> {
  const { stateDir, certificates } = cluster.config;
  const kept = async () => [...(await listOurs(certificates.configDir)), ...gone];
  const known = new Set(await kept());
  if ((await records.installed()).every(({ lineage }) => known.has(lineage))) return true;
  try {
    const forget = async () => await records.keepInstalled(await kept());
    await withInstallerLock(stateDir, forget, lockLimits(limit));
    return true;
  } catch (error) {
    printExpected(error, io.err, 'what is here no more is not forgotten yet: ');
    return false;
  }
}
