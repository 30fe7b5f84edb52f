import { X509Certificate } from 'node:crypto';
import type { Finding } from '../findings/register.ts';
import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isAbsent } from '../base/errors.ts';
import {
  archiveOf,
  generationFile,
  liveOf,
  numberOfCertificate,
  partOf,
  PARTS,
  renewalConfOf,
  type Part,
} from '../certbot/config-dir.ts';
import { archiveBeside } from '../certbot/renewal-data.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { idOf } from '../lineage/generation.ts';
import { entriesOf, readLink, textOf } from '../system/read-file.ts';

/**
 * Where a lineage lies: `archive/NAME` and the links of `live/NAME` (certbot, storage.py). A generation
 * is the four files `cert3.pem`, `chain3.pem`, `fullchain3.pem`, `privkey3.pem`; live's links are
 * relative to it. No file that differs is ever overwritten, and live never points at one that is missing.
 */
export interface Place {
  readonly configDir: string;
  readonly lineage: string;
  readonly archive: string;
  readonly live: string;
}

export function placeOf(configDir: string, lineage: string): Place {
  return { configDir, lineage, archive: archiveOf(configDir, lineage), live: liveOf(configDir, lineage) };
}

/**
 * The same for a lineage that is here, whose own configuration may name another archive: certbot follows it, as where
 * somebody has renamed the lineage by hand.
 */
export async function placeHere(configDir: string, lineage: string): Promise<Place> {
  const place = placeOf(configDir, lineage);
  const conf = await textOf(renewalConfOf(configDir, lineage)).catch(() => null); // a directory: refused later
  return { ...place, archive: archiveBeside(conf, configDir) ?? place.archive };
}

export function fileOf({ archive }: Place, part: Part, number: number): string {
  return join(archive, generationFile(part, number));
}

/** The generation that live points at; null when there is no live. */
export async function currentNumber({ live }: Place): Promise<number | null> {
  return numberOfCertificate((await readLink(join(live, 'cert.pem'))) ?? '');
}

/** The numbers of all generations, whole or not, in ascending order. */
export async function numbersIn({ archive }: Place): Promise<readonly number[]> {
  const found = (await entriesOf(archive)).flatMap((name) => partOf(name)?.number ?? []);
  return [...new Set(found)].toSorted((one, other) => one - other);
}

/** Whether a generation is that of a bundle. */
export async function holds(place: Place, bundle: Bundle, number: number): Promise<boolean> {
  return await isEvery(async (part) => (await textOf(fileOf(place, part, number))) === bundle.files[part]);
}

/** Whether all files of a generation are there. */
export async function isWhole(place: Place, number: number): Promise<boolean> {
  return await isEvery(async (part) => (await textOf(fileOf(place, part, number))) !== null);
}

/** Whether a generation has this leaf, or none: certbot may have taken its number for one of its own meanwhile. */
export async function isOf(place: Place, number: number, id: string): Promise<boolean> {
  const text = await textOf(fileOf(place, 'cert.pem', number));
  if (text === null) return true;
  try {
    return idOf(new X509Certificate(text)) === id;
  } catch {
    return false; // half of one, or damaged: what the installer writes is whole
  }
}

async function isEvery(test: (part: Part) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(PARTS.map(test))).every(Boolean);
}

/** Why live must not be touched: it holds files of somebody's own, or links that lead elsewhere. */
export async function strangeIn({ live, archive }: Place): Promise<readonly Finding[]> {
  const found = await Promise.all(
    PARTS.map(async (part): Promise<readonly Finding[]> => {
      const name = join(live, part);
      if (!(await isThere(name))) return [];
      const target = await readLink(name);
      if (target === null) return [{ code: 'not-a-link', file: name }];
      const file = resolve(live, target);
      const isOurs = dirname(file) === archive && partOf(file)?.part === part;
      return isOurs ? [] : [{ code: 'link-elsewhere', file: name, target, expected: archive }];
    }),
  );
  return found.flat();
}

async function isThere(name: string): Promise<boolean> {
  return await lstat(name).then(
    () => true,
    (error: unknown) => {
      if (isAbsent(error)) return false;
      throw error;
    },
  );
}
