import {
  archiveOf,
  liveDirectory,
  liveOf,
  numberOfCertificate,
  renewalConfOf,
} from '../certbot/config-dir.ts';
import { entriesOf, exists, orNone, targetOf } from '../system/read-file.ts';
import { listedIn } from './listed.ts';

/**
 * Whether a lineage that has been here was deleted on this node alone, as `certbot delete` and `certbot revoke` do:
 * nothing of it is left but the directory of all lineages, without which the host is new or the disk not mounted.
 */
export async function isGoneByHand(configDir: string, lineage: string): Promise<boolean> {
  for (const part of [renewalConfOf(configDir, lineage), liveOf(configDir, lineage)]) {
    // What the disk does not tell of now may be there.
    if (await orNone(exists(part), true)) return false;
  }
  // A link to what is not mounted is none either.
  return (await orNone(targetOf(liveDirectory(configDir)), null))?.isDirectory() === true;
}

/** What was here, by its record. */
export interface WasHere {
  readonly lineage: string;
  readonly goneSince?: string;
}

/** What has been here, and is gone. */
export interface Gone {
  /** deleted on this node alone: nobody brings it back but a hand */
  readonly byHand: readonly string[];
  /** gone with the directory, or not in the backup that it was restored from: they may come anew */
  readonly lost: readonly string[];
}

/**
 * Of what is recorded as installed, what is gone, and how: the list in certbot's directory is lost, copied and restored with
 * what it tells of.
 * @param hasList whether there has been such a list
 */
export async function goneHere(
  configDir: string,
  recorded: readonly WasHere[],
  hasList: boolean,
): Promise<Gone> {
  const gone: WasHere[] = [];
  const left: string[] = [];
  for (const one of recorded) {
    if (await isGoneByHand(configDir, one.lineage)) gone.push(one);
    else left.push(one.lineage);
  }
  const all = gone.map(({ lineage }) => lineage);
  const untold = gone.filter(({ goneSince }) => goneSince === undefined).map(({ lineage }) => lineage);
  const isListed = await listedIn(configDir);
  const lost =
    isListed === null && !hasList
      ? await lostWithoutList(configDir, untold, left)
      : untold.filter((one) => isListed?.(one) !== true);
  return { byHand: all.filter((one) => !lost.includes(one)), lost };
}

/** An earlier version has kept no list. The first that comes after a loss makes the directories anew, so these tell nothing. */
async function lostWithoutList(
  configDir: string,
  atOnce: readonly string[],
  left: readonly string[],
): Promise<readonly string[]> {
  const isLost =
    atOnce.length > 1 &&
    !(await some(atOnce, async (one) => await orNone(exists(archiveOf(configDir, one)), true))) &&
    !(await some(left, async (one) => await hasEarlier(configDir, one)));
  return isLost ? atOnce : [];
}

/** Whether it was here before the loss: certbot and certbot-ha keep what a renewal has replaced. */
async function hasEarlier(configDir: string, lineage: string): Promise<boolean> {
  const names = await orNone(entriesOf(archiveOf(configDir, lineage)), null);
  if (names === null) return true;
  return names.filter((name) => numberOfCertificate(name) !== null).length > 1;
}

async function some(all: readonly string[], is: (one: string) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(all.map(is))).includes(true);
}
