import type { Bundle } from '../lineage/bundle.ts';
import type { Entry } from '../state/journal.ts';
import { recordInstalled } from '../state/records.ts';
import { writeCombined } from '../webserver/combined.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';
import { placeOf } from './generations.ts';
import { restoreContext } from './selinux.ts';
import { renumber } from './switch.ts';

/** The web server's test has passed: from here on it only goes forward. */
export async function finish(entry: Entry, bundle: Bundle, options: InstallOptions): Promise<Ending> {
  const { state, webServer, now } = options;
  const reloaded = await webServer.reload();
  await settle(entry, options);
  await recordInstalled(bundle, state.records, now());
  await state.journal.clear(entry.lineage);
  return reloaded.isOk ? ended('installed') : ended('not reloaded', [reloaded.reason]);
}

/** Gives the generation the number that it has where it was issued, once the other ones may go. */
export async function settle(
  { lineage, next, settleAs }: Entry,
  { certificates: { configDir }, webServer }: InstallOptions,
): Promise<void> {
  if (settleAs === null) return;
  const place = placeOf(configDir, lineage);
  await renumber(place, next, settleAs);
  await writeCombined(webServer, place.live);
  await restoreContext(configDir);
}
