import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { archiveDirectory, archiveOf, liveDirectory, liveOf, renewalConfOf } from '../certbot/config-dir.ts';
import { archiveIn } from '../certbot/renewal-data.ts';
import { entriesOf, exists, textOf } from '../system/read-file.ts';
import { syncDirectory } from '../system/write-file.ts';

/** All that certbot keeps of a lineage. */
export interface Whole {
  readonly conf: string;
  readonly live: string;
  readonly archive: string;
}

/** Where it lies; the archive as its own configuration names it, unless that is another lineage's. */
export async function wholeOf(configDir: string, lineage: string): Promise<Whole> {
  const conf = renewalConfOf(configDir, lineage);
  const whole = { conf, live: liveOf(configDir, lineage), archive: archiveOf(configDir, lineage) };
  const text = await textOf(conf);
  const named = text === null ? null : archiveIn(text);
  if (named === null || dirname(named) !== archiveDirectory(configDir)) return whole;
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
  for (const path of [live, archive]) if (await exists(path)) await rename(path, asideOf(path));
}

/** Puts back what a removal that was killed, or called off, has moved aside; of every lineage. What certbot has made anew meanwhile stays. */
export async function putBack(configDir: string): Promise<void> {
  for (const directory of [archiveDirectory(configDir), liveDirectory(configDir)]) {
    const names = (await entriesOf(directory)).filter((name) => name.endsWith(ASIDE));
    for (const name of names) {
      const original = join(directory, name.slice(1, -ASIDE.length));
      if (!(await exists(original))) await rename(join(directory, name), original);
    }
    if (names.length > 0) await syncDirectory(directory);
  }
}
