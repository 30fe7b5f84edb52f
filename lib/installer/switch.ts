import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../base/errors.ts';
import { linkTarget, PARTS } from '../certbot/config-dir.ts';
import { entriesOf, exists } from '../system/read-file.ts';
import { syncDirectory } from '../system/sync-files.ts';
import { removeIfThere, switchLink, TEMPORARY } from '../system/write-file.ts';
import { fileOf, type Place } from './generations.ts';

/** Points live at a generation, one rename a link. */
export async function switchTo({ live, archive }: Place, number: number): Promise<void> {
  for (const part of PARTS) await switchLink(join(live, part), linkTarget(archive, part, number));
}

/** Removes one generation, which live must not point at. */
export async function removeGeneration(place: Place, number: number): Promise<void> {
  for (const part of PARTS) await removeIfThere(fileOf(place, part, number));
  if (await exists(place.archive)) await syncDirectory(place.archive);
}

/** Takes live away and this generation, for a first one that is not to be. */
export async function removeFirst(place: Place, number: number): Promise<void> {
  await rm(place.live, { recursive: true, force: true });
  await tidy(place);
  await removeGeneration(place, number);
  if ((await entriesOf(place.archive)).length > 0) return;
  await rmdir(place.archive).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}

/** Takes away what an interruption has left half-written. */
export async function tidy({ archive, live }: Place): Promise<void> {
  for (const directory of [archive, live]) {
    const left = (await entriesOf(directory)).filter((name) => name.endsWith(TEMPORARY));
    for (const name of left) await removeIfThere(join(directory, name));
  }
}
