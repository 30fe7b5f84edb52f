import type { Ending } from './ending.ts';
import { ended } from './ending.ts';
import type { InstallOptions } from './ending.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { createArchive } from './archive.ts';
import { writeCombined } from '../webserver/combined.ts';
import { createJournal, type Entry } from '../state/journal.ts';
import { recordInstalled, createRecords } from '../state/records.ts';
import { restoreContext } from './selinux.ts';
import { linesOf } from '../base/reason.ts';

/** The web server's test has passed: from here on it only goes forward. */
export async function finish(entry: Entry, bundle: Bundle, options: InstallOptions): Promise<Ending> {
  const reloaded = await options.webServer.reload();
  await settle(entry, options);
  await recordInstalled(bundle, createRecords(options.config.stateDir), options.now());
  await createJournal(options.config.stateDir).clear(entry.lineage);
  return reloaded.isOk ? ended('installed') : ended('not reloaded', linesOf(reloaded.reason));
}

/** Gives the generation the number that it has where it was issued, once the other ones may go. */
export async function settle(
  { lineage, next, settleAs }: Entry,
  { config, webServer }: InstallOptions,
): Promise<void> {
  if (settleAs === null) return;
  await createArchive(config.certificates.configDir, lineage).settle(next, settleAs);
  await writeCombined(webServer, liveOf(config.certificates.configDir, lineage));
  await restoreContext(config.certificates.configDir);
}
