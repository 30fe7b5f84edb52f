import { X509Certificate } from 'node:crypto';
import { isUnreachable } from '../base/errors.ts';
import { namesOf } from './names.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lineageOfConf, liveOf, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import { isLineageName } from './schemas.ts';
import { entriesOf } from '../system/read-file.ts';

/** The names of the lineages that certbot would renew: `renewal/NAME.conf`, in alphabetical order. */
export async function listLineages(configDir: string): Promise<readonly string[]> {
  const entries = await entriesOf(renewalDirectory(configDir));
  return entries
    .flatMap((entry) => lineageOfConf(entry) ?? [])
    .filter(isLineageName)
    .toSorted();
}

/** Whether a lineage is renewed by `--manual`, that is, by hooks; the others are not certbot-ha's affair. */
export async function isManual(configDir: string, lineage: string): Promise<boolean> {
  const conf = await readFile(renewalConfOf(configDir, lineage), 'utf8');
  return /^authenticator = manual$/m.test(conf);
}

/**
 * The names of every lineage that certbot would renew, each once, without wildcards, which HTTP-01
 * cannot prove. A lineage without a readable certificate has none.
 */
export async function readLineageNames(configDir: string): Promise<readonly string[]> {
  const lineages = await listLineages(configDir).catch(noneReadable);
  const names = await Promise.all(
    lineages.map(async (lineage) => await namesIn(configDir, lineage).catch(noneReadable)),
  );
  return [...new Set(names.flat())].filter((name) => !name.startsWith('*.'));
}

async function namesIn(configDir: string, lineage: string): Promise<readonly string[]> {
  return namesOf(new X509Certificate(await readFile(join(liveOf(configDir, lineage), 'cert.pem'), 'utf8')));
}

/** Whoever may not read it, has none of it. */
function noneReadable(error: unknown): readonly string[] {
  if (isUnreachable(error)) return [];
  throw error;
}
