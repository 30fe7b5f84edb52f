import { mkdir } from 'node:fs/promises';
import { archiveDirectory, liveDirectory, PARTS } from '../certbot/config-dir.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { targetOf, textOf } from '../system/read-file.ts';
import { writeNew } from '../system/write-file.ts';
import { currentNumber, fileOf, holds, numbersIn, type Place } from './generations.ts';
import { tidy } from './switch.ts';

const OWNERS = 0o600;
/** Of a part that is the first of its kind here. */
const FIRST = { key: OWNERS, other: 0o644 };
/** What certbot lets a new key inherit from the one before, and what each part does here: the group's rights and others' reading. */
const INHERITED = 0o074;

/** So far the sender's number is kept. One that is far off is no certbot's, and would be passed on without end. */
const MAX_STEP = 1_000;

/**
 * The number to write a bundle under: the sender's while it is free, so that operators find the same on most
 * nodes, else the next one. certbot points live at the highest number there is, so the newest generation has
 * to have it. Whatever has a number already stays: half of a generation may be one that certbot is writing.
 */
export async function numberFor(place: Place, bundle: Bundle): Promise<number> {
  const highest = (await numbersIn(place)).at(-1) ?? 0;
  if (highest > 0 && (await holds(place, bundle, highest))) return highest;
  const { number } = bundle.manifest;
  return number > highest && number <= highest + MAX_STEP ? number : highest + 1;
}

/** Writes the four files of a generation, none over another one. */
export async function writeGeneration(place: Place, bundle: Bundle, number: number): Promise<void> {
  await makeDirectories(place);
  await tidy(place);
  const before = await currentNumber(place);
  for (const part of PARTS) {
    const file = fileOf(place, part, number);
    if ((await textOf(file)) === bundle.files[part]) continue;
    // With reuse_key certbot leaves a link to the key of an earlier generation, and a link's own mode is 0777.
    const old = before === null ? null : await targetOf(fileOf(place, part, before));
    const first = part === 'privkey.pem' ? FIRST.key : FIRST.other;
    await writeNew(file, bundle.files[part], {
      mode: old ? OWNERS | (old.mode & INHERITED) : first,
      gid: old?.gid ?? null,
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
