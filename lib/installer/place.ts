import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveDirectory, liveDirectory, PARTS } from '../certbot/config-dir.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { entriesOf, statOf, textOf } from '../system/read-file.ts';
import { syncDirectory, writeNew } from '../system/write-file.ts';
import { currentNumber, fileOf, holds, isWhole, numbersIn, type Place } from './generations.ts';
import { removeGeneration, tidy } from './switch.ts';

const KEY_MODE = 0o600;
/** What certbot lets a new key inherit from the one before: the group's rights and others' reading. */
const INHERITED = 0o074;

/** The number to write a bundle under, and whether that is because the numbers clash. */
export async function numberFor(
  place: Place,
  bundle: Bundle,
): Promise<{ readonly number: number; readonly isClash: boolean }> {
  const highest = (await numbersIn(place)).at(-1) ?? 0;
  const { number } = bundle.manifest;
  // certbot points live at the highest number there is, so the newest generation has to have it.
  if (number > highest) return { number, isClash: false };
  if (number === highest && (await holds(place, bundle, number))) return { number, isClash: false };
  if (await holds(place, bundle, highest)) return { number: highest, isClash: true };
  // What an interrupted write left has the number too, but is nobody's generation.
  if (number === highest && (await currentNumber(place)) !== number && !(await isWhole(place, number))) {
    await removeGeneration(place, number);
    return { number, isClash: false };
  }
  return { number: highest + 1, isClash: true };
}

/** Writes the four files of a generation, none over another one. */
export async function writeGeneration(place: Place, bundle: Bundle, number: number): Promise<void> {
  await makeDirectories(place);
  await tidy(place);
  const before = await currentNumber(place);
  const old = before === null ? null : await statOf(fileOf(place, 'privkey.pem', before));
  for (const part of PARTS) {
    const file = fileOf(place, part, number);
    if ((await textOf(file)) === bundle.files[part]) continue;
    const isKey = part === 'privkey.pem';
    const inherited = isKey && old ? old.mode & INHERITED : 0;
    await writeNew(file, bundle.files[part], {
      mode: isKey ? KEY_MODE | inherited : 0o644,
      gid: isKey && old ? old.gid : null,
    });
  }
}

async function makeDirectories({ configDir, archive, live }: Place): Promise<void> {
  for (const directory of [archiveDirectory(configDir), liveDirectory(configDir)]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  // As certbot makes them: who may pass the directories above, such as the web server's user, may pass these.
  for (const directory of [archive, live]) await mkdir(directory, { recursive: true, mode: 0o755 });
}

/** Copies the whole archive of a lineage aside, for root alone to read. */
export async function copyAside({ archive }: Place, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  for (const name of await entriesOf(archive)) {
    const copy = join(directory, name);
    await copyFile(join(archive, name), copy);
    await chmod(copy, 0o600);
  }
  await syncDirectory(directory);
}
