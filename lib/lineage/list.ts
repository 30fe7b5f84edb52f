import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLineageName } from '../bundle/bundle.ts';
import { entriesOf } from '../files/look.ts';

/** The names of the lineages that certbot would renew: `renewal/NAME.conf`, in alphabetical order. */
export async function listLineages(configDir: string): Promise<readonly string[]> {
  const entries = await entriesOf(join(configDir, 'renewal'));
  return entries
    .filter((entry) => entry.endsWith('.conf'))
    .map((entry) => entry.slice(0, -'.conf'.length))
    .filter(isLineageName)
    .toSorted();
}

/** Whether a lineage is renewed by `--manual`, that is, by hooks; the others are not certbot-ha's affair. */
export async function isManual(configDir: string, lineage: string): Promise<boolean> {
  const conf = await readFile(join(configDir, 'renewal', `${lineage}.conf`), 'utf8');
  return /^authenticator = manual$/m.test(conf);
}
