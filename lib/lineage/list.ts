import { CertbotHaError, isUnreachable } from '../base/errors.ts';
import { lineageOfConf, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import { dirname, join } from 'node:path';
import { hookWordIn, isHookFile } from '../certbot/hook-commands.ts';
import { challengeIn, renewerOf } from '../certbot/renewal-data.ts';
import type { ChallengeType } from '../challenge/any-challenge.ts';
import { entriesOf, exists, orNone, statOf, textOf } from '../system/read-file.ts';
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
 * Whether a lineage is renewed by certbot-ha's hooks; the others are not its affair, and neither is one whose
 * configuration has gone meanwhile.
 * @throws {CertbotHaError} `failed` when that cannot be told
 */
export async function isOurs(configDir: string, lineage: string): Promise<boolean> {
  const file = renewalConfOf(configDir, lineage);
  try {
    const text = await textOf(file);
    // Gone since it was listed is one thing, a link that leads nowhere another.
    if (text === null && (await statOf(file)) !== null) {
      throw new CertbotHaError('failed', { code: 'file-missing', file });
    }
    if (text === null) return false;
    const renewer = renewerOf(text);
    // A full disk leaves such a one: nobody renews it any more, and nobody knows whose it was.
    if (renewer.authenticator === null) {
      throw new CertbotHaError('failed', { code: 'conf-without-authenticator', file });
    }
    return renewer.isOurs && !(await isStrangersFile(renewer.authHook ?? ''));
  } catch (error) {
    const found = unreadable(error, file);
    throw found === null ? error : new CertbotHaError('failed', found, { cause: error });
  }
}

/** Whether it is somebody else's file by the name of our hook's: beside hooks/ of ours is the command line. */
async function isStrangersFile(command: string): Promise<boolean> {
  const word = hookWordIn(command, 'auth') ?? '';
  if (!isHookFile(word, 'auth') || !(await exists(word))) return false;
  return !(await exists(join(dirname(dirname(word)), 'cli.js')));
}

/** Those of the lineages that are certbot-ha's, or may be: of which that cannot be told. */
export async function listOurs(configDir: string): Promise<readonly string[]> {
  const lineages = await listLineages(configDir);
  const ours = await Promise.all(
    lineages.map(async (lineage) => await isOurs(configDir, lineage).catch(doubtful)),
  );
  return lineages.filter((_, index) => ours[index]);
}

function doubtful(error: unknown): true {
  if (error instanceof CertbotHaError) return true;
  throw error;
}

/**
 * The names of every lineage of certbot-ha's that this challenge proves, each once: no wildcards with HTTP-01. A lineage
 * without a readable certificate has none.
 */
export async function readLineageNames(
  configDir: string,
  type: ChallengeType = 'http-01',
): Promise<readonly string[]> {
  const lineages = await listOurs(configDir).catch(noneReadable);
  const names = await Promise.all(
    lineages.map(async (lineage) => {
      const conf = await orNone(textOf(renewalConfOf(configDir, lineage)), null);
      const current = await orNone(currentGeneration(configDir, lineage), null);
      const challengeOf = challengeIn(conf ?? '');
      return (current?.names ?? []).filter((name) => challengeOf(name) === type);
    }),
  );
  return [...new Set(names.flat())];
}

/** Whoever may not read it, has none of it. */
function noneReadable(error: unknown): readonly string[] {
  if (isUnreachable(error)) return [];
  throw error;
}
