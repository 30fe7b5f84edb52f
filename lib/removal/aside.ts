import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hasErrorCode } from '../base/errors.ts';
import { archiveDirectory, archiveOf, liveDirectory, liveOf, renewalConfOf } from '../certbot/config-dir.ts';
import { archiveBeside, archiveIn } from '../certbot/renewal-data.ts';
import { listLineages } from '../lineage/list.ts';
import { LIMITS } from '../system/limits.ts';
import { entriesOf, exists, readLink, textOf } from '../system/read-file.ts';
import { timeLimit } from '../system/time-limit.ts';
import { syncDirectory } from '../system/sync-files.ts';
import { copyTree, makeWhole, removePartials } from './copy-tree.ts';

/** All that certbot keeps of a lineage. */
export interface Whole {
  readonly conf: string;
  readonly live: string;
  /** null where another lineage uses it */
  readonly archive: string | null;
}

/**
 * Where it lies; the archive as its own configuration names it, unless that is another lineage's.
 * @param begun where a removal that was killed has kept its configuration, which may be gone
 */
export async function wholeOf(configDir: string, lineage: string, begun: string | null): Promise<Whole> {
  const whole = await namedWholeOf(configDir, lineage, begun);
  const isShared = await isUsedByAnother(whole.archive, { configDir, lineage });
  return isShared ? { ...whole, archive: null } : whole;
}

/** A lineage that was renamed by hand goes on in the archive of its old name. */
async function isUsedByAnother(
  archive: string,
  { configDir, lineage }: { readonly configDir: string; readonly lineage: string },
): Promise<boolean> {
  const confs = (await listLineages(configDir)).filter((other) => other !== lineage);
  const named = confs.map(async (other) => {
    const text = await textOf(renewalConfOf(configDir, other)).catch(() => null);
    return text === null ? null : archiveIn(text);
  });
  const lives = (await entriesOf(liveDirectory(configDir))).filter((name) => name !== lineage);
  const linked = lives.map(async (other) => {
    const live = join(liveDirectory(configDir), other);
    const target = await readLink(join(live, 'cert.pem')).catch(() => null);
    return target === null ? null : dirname(resolve(live, target));
  });
  return (await Promise.all([...named, ...linked])).includes(archive);
}

async function namedWholeOf(
  configDir: string,
  lineage: string,
  begun: string | null,
): Promise<Whole & { readonly archive: string }> {
  const conf = renewalConfOf(configDir, lineage);
  const whole = { conf, live: liveOf(configDir, lineage), archive: archiveOf(configDir, lineage) };
  const kept = begun === null ? null : await textOf(renewalConfOf(begun, lineage)).catch(() => null);
  const named = archiveBeside((await textOf(conf)) ?? kept, configDir);
  if (named === null) return whole;
  const isAnothers = basename(named) !== lineage && (await exists(renewalConfOf(configDir, basename(named))));
  return isAnothers ? whole : { ...whole, archive: named };
}

const ASIDE = '.certbot-ha.aside';

/** A name that no web server's configuration has, in the same directory. */
export function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}${ASIDE}`);
}

/** Renames both directories, each where it is there. */
export async function moveAside({ live, archive }: Whole): Promise<void> {
  for (const path of [live, archive])
    if (path !== null && (await exists(path))) await rename(path, asideOf(path));
}

/** Whether something has been left aside. */
export async function hasAsides(configDir: string): Promise<boolean> {
  const all = await Promise.all([archiveDirectory(configDir), liveDirectory(configDir)].map(asidesIn));
  return all.some((names) => names.length > 0);
}

/**
 * Puts back what a removal that was killed, or called off, has moved aside; of every lineage. Where something has been
 * made in its place meanwhile, that stays, and what was aside goes into the backups.
 * @throws what is in the way of the first that cannot be put back, when all others are
 */
export async function putBack(configDir: string, backup: string): Promise<void> {
  const errors: unknown[] = [];
  for (const directory of [archiveDirectory(configDir), liveDirectory(configDir)]) {
    const names = await asidesIn(directory);
    for (const name of names) {
      const aside = join(directory, name);
      const original = join(directory, name.slice(1, -ASIDE.length));
      try {
        if (await exists(original)) await intoBackup(aside, join(backup, basename(directory)));
        else await rename(aside, original);
      } catch (error) {
        errors.push(error);
      }
    }
    if (names.length > 0) await syncDirectory(directory);
  }
  if (errors.length > 0) throw errors[0];
}

async function asidesIn(directory: string): Promise<readonly string[]> {
  return (await entriesOf(directory)).filter((name) => name.startsWith('.') && name.endsWith(ASIDE));
}

/** The backups may be on another filesystem. @param kind the backups' directory, and `live` or `archive` */
async function intoBackup(aside: string, kind: string): Promise<void> {
  await mkdir(dirname(kind), { recursive: true, mode: 0o700 });
  const name = basename(aside).slice(1, -ASIDE.length);
  const prefix = `aside-${basename(kind)}-${name}-`;
  const kept = join(dirname(kind), `${prefix}${Date.now()}`);
  try {
    await rename(aside, kept);
  } catch (error) {
    if (!hasErrorCode(error, 'EXDEV')) throw error;
    await removePartials(dirname(kind), (copy) => isNumbered(copy, prefix));
    const limit = timeLimit(LIMITS.copyMs);
    await makeWhole(kept, async (partial) => await copyTree(aside, partial, { directory: kept, limit }));
    await rm(aside, { recursive: true, force: true });
  }
  await syncDirectory(dirname(kept));
}

/** Not one of a lineage whose name goes on where this one's ends. */
function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}
