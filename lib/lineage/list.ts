import { CertbotHaError, isUnreachable } from '../base/errors.ts';
import { lineageOfConf, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import { entriesOf, statOf, textOf } from '../system/read-file.ts';
import { currentGeneration } from './current.ts';
import { isLineageName } from './schemas.ts';
import { unreadable } from './unreadable.ts';

/** The names of the lineages that certbot would renew: `renewal/NAME.conf`, in alphabetical order. */
export async function listLineages(configDir: string): Promise<readonly string[]> {
  const entries = await entriesOf(renewalDirectory(configDir));
  return entries
    .flatMap((entry) => lineageOfConf(entry) ?? [])
    .filter(isLineageName)
    .toSorted();
}

/**
 * Whether a lineage is renewed by `--manual`, that is, by hooks; the others are not certbot-ha's affair, and
 * neither is one whose configuration has gone meanwhile.
 * @throws {CertbotHaError} `failed` when that cannot be read
 */
export async function isManual(configDir: string, lineage: string): Promise<boolean> {
  const file = renewalConfOf(configDir, lineage);
  try {
    const text = await textOf(file);
    // Gone since it was listed is one thing, a link that leads nowhere another.
    if (text === null && (await statOf(file)) !== null) {
      throw new CertbotHaError('failed', { code: 'file-missing', file });
    }
    return /^authenticator = manual$/m.test(text ?? '');
  } catch (error) {
    const found = unreadable(error, file);
    throw found === null ? error : new CertbotHaError('failed', found, { cause: error });
  }
}

/**
 * The names of every lineage that certbot would renew, each once, without wildcards, which HTTP-01
 * cannot prove. A lineage without a readable certificate has none.
 */
export async function readLineageNames(configDir: string): Promise<readonly string[]> {
  const lineages = await listLineages(configDir).catch(noneReadable);
  const current = await Promise.all(
    lineages.map(async (lineage) => await currentGeneration(configDir, lineage)),
  );
  const names = current.flatMap((generation) => generation?.names ?? []);
  return [...new Set(names)].filter((name) => !name.startsWith('*.'));
}

/** Whoever may not read it, has none of it. */
function noneReadable(error: unknown): readonly string[] {
  if (isUnreachable(error)) return [];
  throw error;
}
