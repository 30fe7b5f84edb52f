import { isSystemError } from '../base/expected.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Finding } from '../findings/register.ts';
import type { Entry, Journal } from '../state/journal.ts';
import { exists } from '../system/read-file.ts';
import { writeCombined } from '../webserver/combined.ts';
import type { InstallOptions } from './ending.ts';
import { conclude, settle } from './finish.ts';
import { currentNumber, isOf, placeHere, type Place } from './generations.ts';
import { restoreConf } from './renewal-files.ts';
import { restoreContext } from './selinux.ts';
import { removeFirst, removeGeneration, switchTo, tidy } from './switch.ts';

/** What has become of what was begun. Where certbot was quicker, what it has done stays. */
export type Undone = 'undone' | 'issued meanwhile' | 'deleted meanwhile';

/** Puts what was there before an installation back in place. */
export async function undo(
  entry: Entry,
  { certificates: { configDir }, state: { journal }, webServer }: InstallOptions,
): Promise<Undone> {
  const place = await placeHere(configDir, entry.lineage);
  const isDeleted = entry.previous !== null && !(await exists(place.live));
  if (isDeleted) {
    await forgetDeleted(entry, place, journal);
    return 'deleted meanwhile';
  }
  const current = await currentNumber(place);
  const isOurs = current === null || current === entry.next || current === entry.previous;
  if (!isOurs || !(await isOf(place, entry.next, entry.id))) {
    // certbot itself has renewed it meanwhile, perhaps under that very number: that is newer than what is to be undone.
    await journal.clear(entry.lineage);
    return 'issued meanwhile';
  }
  await journal.write({ ...entry, phase: 'undoing' }).catch((error: unknown) => {
    // A full disk: what is written down already is undone by whoever comes next as well.
    if (!isSystemError(error)) throw error;
  });
  if (entry.previous === null) await removeFirst(place, entry.next);
  else {
    await switchTo(place, entry.previous);
    // certbot points live at the highest generation it finds, so a refused one must not stay.
    if (entry.next !== entry.previous) await removeGeneration(place, entry.next);
    await tidy(place);
    await writeCombined(webServer, place.live);
  }
  await restoreConf(configDir, entry.lineage, entry.conf);
  await restoreContext(configDir);
  await journal.clear(entry.lineage);
  return 'undone';
}

/** Why it could not be undone: certbot was quicker. */
export function overtaking({ lineage }: Entry, outcome: Exclude<Undone, 'undone'>): Finding {
  return { code: outcome === 'issued meanwhile' ? 'issued-meanwhile' : 'deleted-meanwhile', lineage };
}

/** certbot has deleted the lineage meanwhile: there is nothing to go back to, and its configuration must not come back. */
async function forgetDeleted(entry: Entry, place: Place, journal: Journal): Promise<void> {
  const { lineage, id, next, previous } = entry;
  // What certbot has issued under that number meanwhile is none of ours.
  if (next !== previous && (await isOf(place, next, id))) await removeGeneration(place, next);
  await journal.clear(lineage);
}

/**
 * Ends an installation that was interrupted, without its bundle: undoes it or, where what it replaces
 * may be gone already, leaves it as it is and only tidies up. Resolves to how the web server has taken it then.
 */
export async function leaveWhole(entry: Entry, options: InstallOptions): Promise<Undone | Outcome> {
  if (entry.phase !== 'accepted') return await undo(entry, options);
  const reloaded = await options.webServer.reload(options.limit);
  await settle(entry, options);
  await conclude(entry, options);
  return reloaded;
}
