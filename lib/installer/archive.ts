import { chmod, copyFile, lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Bundle } from '../lineage/bundle.ts';
import { hasErrorCode } from '../base/errors.ts';
import { entriesOf, textOf, readLink } from '../system/read-file.ts';
import {
  archiveDirectory,
  archiveOf,
  generationFile,
  linkTarget,
  liveDirectory,
  liveOf,
  numberOfCertificate,
  partOf,
  PARTS,
  type Part,
} from '../certbot/config-dir.ts';
import {
  linkOnce,
  removeIfThere,
  switchLink,
  syncDirectory,
  TEMPORARY,
  writeNew,
} from '../system/write-file.ts';

/**
 * `archive/NAME` and the links of `live/NAME` (certbot, storage.py). A generation is the four files
 * `cert3.pem`, `chain3.pem`, `fullchain3.pem`, `privkey3.pem`; live's links are relative to it.
 * No file that differs is ever overwritten, and live never points at one that is missing.
 */
export interface Archive {
  /** the generation that live points at; null when there is no live */
  current(): Promise<number | null>;
  /** the number to write a bundle under, and whether that is because the numbers clash */
  place(bundle: Bundle): Promise<{ readonly number: number; readonly isClash: boolean }>;
  write(bundle: Bundle, number: number): Promise<void>;
  /** Points live at a generation, one rename a link. */
  switchTo(number: number): Promise<void>;
  /** Removes one generation, which live must not point at. */
  remove(number: number): Promise<void>;
  /** Copies the whole archive of the lineage aside. */
  putAside(directory: string): Promise<void>;
  /** Makes `from`, which live points at, the only generation, under the number `to`. Again after an interruption, it goes on. */
  settle(from: number, to: number): Promise<void>;
  /** Takes live away and this generation, for a first one that is not to be. */
  removeFirst(number: number): Promise<void>;
  /** Takes away what an interruption has left half-written. */
  tidy(): Promise<void>;
  /** Why live must not be touched: it holds files of somebody's own, or links that lead elsewhere. */
  problems(): Promise<readonly string[]>;
}

const KEY_MODE = 0o600;
/** What certbot lets a new key inherit from the one before: the group's rights and others' reading. */
const INHERITED = 0o074;

export function createArchive(configDir: string, lineage: string): Archive {
  const archive = archiveOf(configDir, lineage);
  const live = liveOf(configDir, lineage);
  const fileOf = (part: Part, number: number) => join(archive, generationFile(part, number));
  const targetOf = (part: Part, number: number) => linkTarget(lineage, part, number);

  async function current(): Promise<number | null> {
    return numberOfCertificate((await readLink(join(live, 'cert.pem'))) ?? '');
  }

  async function numbers(): Promise<readonly number[]> {
    const found = (await entriesOf(archive)).flatMap((name) => partOf(name)?.number ?? []);
    return [...new Set(found)].toSorted((one, other) => one - other);
  }

  async function holds(bundle: Bundle, number: number): Promise<boolean> {
    const same = await Promise.all(
      PARTS.map(async (part) => (await textOf(fileOf(part, number))) === bundle.files[part]),
    );
    return same.every(Boolean);
  }

  async function place(bundle: Bundle) {
    const all = await numbers();
    const highest = all.at(-1) ?? 0;
    const { number } = bundle.manifest;
    // certbot points live at the highest number there is, so the newest generation has to have it.
    if (number > highest) return { number, isClash: false };
    if (number === highest && (await holds(bundle, number))) return { number, isClash: false };
    if (await holds(bundle, highest)) return { number: highest, isClash: true };
    // What an interrupted write left has the number too, but is nobody's generation.
    if (number === highest && (await current()) !== number && !(await isWhole(number))) {
      await remove(number);
      return { number, isClash: false };
    }
    return { number: highest + 1, isClash: true };
  }

  async function isWhole(number: number): Promise<boolean> {
    const contents = await Promise.all(PARTS.map(async (part) => await textOf(fileOf(part, number))));
    return contents.every((content) => content !== null);
  }

  async function write(bundle: Bundle, number: number): Promise<void> {
    for (const directory of [archiveDirectory(configDir), liveDirectory(configDir)]) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    }
    // As certbot makes them: who may pass the directories above, such as the web server's user, may pass these.
    for (const directory of [archive, live]) await mkdir(directory, { recursive: true, mode: 0o755 });
    await tidy();
    const before = await current();
    const old = before === null ? null : await lstat(fileOf('privkey.pem', before)).catch(absent);
    for (const part of PARTS) {
      if ((await textOf(fileOf(part, number))) === bundle.files[part]) continue;
      const isKey = part === 'privkey.pem';
      const inherited = isKey && old ? old.mode & INHERITED : 0;
      await writeNew(fileOf(part, number), bundle.files[part], {
        mode: isKey ? KEY_MODE | inherited : 0o644,
        gid: isKey && old ? old.gid : null,
      });
    }
  }

  async function switchTo(number: number): Promise<void> {
    for (const part of PARTS) await switchLink(join(live, part), targetOf(part, number));
  }

  async function remove(number: number): Promise<void> {
    for (const part of PARTS) await removeIfThere(fileOf(part, number));
    if ((await lstat(archive).catch(absent)) !== null) await syncDirectory(archive);
  }

  async function putAside(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    for (const name of await entriesOf(archive)) {
      const copy = join(directory, name);
      await copyFile(join(archive, name), copy);
      await chmod(copy, 0o600);
    }
    await syncDirectory(directory);
  }

  async function settle(from: number, to: number): Promise<void> {
    if (!(await isAt(to))) {
      for (const number of await numbers()) {
        if (number !== from && (number !== to || !(await isSame(from, to)))) await remove(number);
      }
      for (const part of PARTS) await linkOnce(fileOf(part, from), fileOf(part, to));
      await syncDirectory(archive);
      await switchTo(to);
    }
    for (const number of await numbers()) if (number !== to) await remove(number);
  }

  async function isAt(number: number): Promise<boolean> {
    const targets = await Promise.all(PARTS.map(async (part) => await readLink(join(live, part))));
    return PARTS.every((part, index) => targets[index] === targetOf(part, number));
  }

  async function isSame(one: number, other: number): Promise<boolean> {
    const same = await Promise.all(
      PARTS.map(async (part) => (await textOf(fileOf(part, one))) === (await textOf(fileOf(part, other)))),
    );
    return same.every(Boolean);
  }

  async function removeFirst(number: number): Promise<void> {
    await rm(live, { recursive: true, force: true });
    await tidy();
    await remove(number);
    if ((await entriesOf(archive)).length === 0) await rmdir(archive).catch(absent);
  }

  async function tidy(): Promise<void> {
    for (const directory of [archive, live]) {
      const left = (await entriesOf(directory)).filter((name) => name.endsWith(TEMPORARY));
      for (const name of left) await removeIfThere(join(directory, name));
    }
  }

  async function problems(): Promise<readonly string[]> {
    const found = await Promise.all(
      PARTS.map(async (part) => {
        const name = join(live, part);
        if ((await lstat(name).catch(absent)) === null) return [];
        const target = await readLink(name);
        if (target === null)
          return [`${name}: expected a link into archive/, as certbot makes it; got a file`];
        const file = resolve(live, target);
        const isOurs = dirname(file) === archive && partOf(file)?.part === part;
        return isOurs ? [] : [`${name}: a link to ${target}, expected one into ${archive}`];
      }),
    );
    return found.flat();
  }

  return { current, place, write, switchTo, remove, putAside, settle, removeFirst, tidy, problems };
}

function absent(error: unknown): null {
  if (hasErrorCode(error, 'ENOENT')) return null;
  throw error;
}
