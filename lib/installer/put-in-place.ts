import { CertbotHaError } from '../base/errors.ts';
import type { RenewalData } from '../certbot/renewal-data.ts';
import type { Arrived } from '../inbox/take.ts';
import type { Entry } from '../state/journal.ts';
import { writeCombined } from '../webserver/combined.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';
import { currentNumber, isOf, placeHere, type Place } from './generations.ts';
import { writeGeneration } from './place.ts';
import { ownConf, writeRenewalFiles } from './renewal-files.ts';
import { restoreContext } from './selinux.ts';
import { removeGeneration, switchTo } from './switch.ts';

/** A bundle that is to be installed, and what its installation has begun. */
export interface Member {
  readonly entry: Entry;
  readonly bundle: Arrived;
  readonly data: RenewalData;
}

/** Writes a lineage and switches live to it. Null where it is in place; an ending where certbot was quicker. */
export async function putInPlace(member: Member, options: InstallOptions): Promise<Ending | null> {
  const { entry, bundle, data } = member;
  const {
    certificates: { configDir },
    state: { journal },
    webServer,
  } = options;
  await journal.write({ ...entry, phase: 'placing' });
  const place = await placeHere(configDir, entry.lineage);
  await writeGeneration(place, bundle, entry.next).catch(async (error: unknown) => {
    // Somebody else has that number now; nothing is switched yet, and what is there is not ours to undo.
    if (error instanceof CertbotHaError) await journal.clear(entry.lineage);
    throw error;
  });
  if (await isOvertaken(place, entry)) return await giveWay(place, entry, options);
  await switchTo(place, entry.next);
  await writeRenewalFiles(configDir, bundle, {
    data,
    conf: ownConf(entry.conf, data, { ...place, hooks: options.hooks }),
  });
  await writeCombined(webServer, place.live);
  await restoreContext(configDir);
  return null;
}

/** Whether certbot has renewed it since this was begun. */
async function isOvertaken(place: Place, { previous, next }: Entry): Promise<boolean> {
  const current = await currentNumber(place);
  return current !== previous && current !== next;
}

/** What certbot has issued stays in use. Nothing is switched yet; the generation goes, or certbot would point live at it one day. */
async function giveWay(place: Place, { lineage, id, next }: Entry, options: InstallOptions): Promise<Ending> {
  if (await isOf(place, next, id)) await removeGeneration(place, next);
  await options.state.journal.clear(lineage);
  return ended('failed', [{ code: 'issued-meanwhile', lineage }]);
}
