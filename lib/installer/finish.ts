import type { Arrived } from '../inbox/take.ts';
import type { Entry } from '../state/journal.ts';
import { recordInstalled } from '../state/records.ts';
import { stamped, type StampSource } from '../state/stamped.ts';
import { writeCombined } from '../webserver/combined.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';
import { placeOf } from './generations.ts';
import { restoreContext } from './selinux.ts';
import { renumber } from './switch.ts';

/** The web server's test has passed: from here on it only goes forward. */
export async function finish(entry: Entry, bundle: Arrived, options: InstallOptions): Promise<Ending> {
  const { state, webServer } = options;
  // At once: whoever is killed in the middle of a reload, and loses the bundle, still has the stamp.
  await recordArrived(bundle, options);
  const reloaded = await webServer.reload();
  await settle(entry, options);
  await state.journal.clear(entry.lineage);
  return reloaded.isOk ? ended('installed') : ended('not reloaded', [reloaded.reason]);
}

/** Writes down what is in place now, with the stamp that it has come with or is known by here. */
export async function recordArrived(
  bundle: Arrived,
  { state: { records }, now }: InstallOptions,
): Promise<void> {
  const own = await records.installedOf(bundle.manifest.lineage);
  const known = { own, peers: [sourceOf(bundle)], now: now() };
  const { stamp, isSet } = stamped(bundle.manifest.leaf, known);
  await recordInstalled(bundle, isSet ? stamp : null, { records, now: now() });
}

/** What a bundle says of its own stamp, as a record would. */
export function sourceOf({ manifest: { leaf }, stamp }: Arrived): StampSource {
  return stamp === null ? { leaf } : { leaf, stamp };
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
