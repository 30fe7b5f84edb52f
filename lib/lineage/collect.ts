import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { parseLineage } from './lineage.ts';
import { BUNDLE_FILES, sha256, type Bundle, type BundlePath } from './bundle.ts';
import { leafOf } from './generation.ts';
import { accountDirectory, liveOf, numberOfCertificate, renewalConfOf } from '../certbot/config-dir.ts';
import { configOptionIn, HOOKS } from '../certbot/hook-commands.ts';
import { composeConf } from '../certbot/renewal-conf.ts';
import { readRenewalData, renewerOf, type RenewalData } from '../certbot/renewal-data.ts';
import { readText } from '../system/read-text.ts';
import { unreadable } from './unreadable.ts';
import { octal } from '../system/private-file.ts';

/** A manifest with a higher one is refused, and nobody goes by it: a thief of the key may have left such a number. */
const MAX_NUMBER = 1_000_000;

/**
 * Reads the newest generation of a lineage into a bundle.
 * @param from the name of this node
 * @throws {CertbotHaError} `failed`, with every file that is missing or unreadable
 */
export async function collectBundle(configDir: string, lineage: string, from: string): Promise<Bundle> {
  const live = liveOf(configDir, lineage);
  const conf = await contentOf(renewalConfOf(configDir, lineage));
  const { isOurs, authHook } = renewerOf(conf);
  if (!isOurs) throw new CertbotHaError('failed', { code: 'conf-not-ours', lineage });
  const data = readRenewalData(conf);
  if ('problems' in data) throw new CertbotHaError('failed', data.problems);
  const account = accountDirectory(configDir, data);
  const sent = travellingConf(data, { configDir, lineage, option: configOptionIn(authHook ?? '') });
  const pathOf = (path: BundlePath) => {
    if (path === 'renewal.conf') return null;
    return path.startsWith('account/') ? join(account, basename(path)) : join(live, path);
  };
  const entries = await Promise.all(
    (Object.keys(BUNDLE_FILES) as BundlePath[]).map(async (path) => {
      const file = pathOf(path);
      return [path, file === null ? sent : await contentOf(file)] as const;
    }),
  );
  const files = Object.fromEntries(entries) as Record<BundlePath, string>;
  const { leaf } = await parseLineage(live, (part) => files[part]);
  const number = numberOfCertificate(await orExplain(join(live, 'cert.pem'), readlink)) ?? 1;
  const manifest = {
    version: 1 as const,
    lineage,
    number: Math.min(number, MAX_NUMBER),
    leaf: leafOf(leaf),
    from,
    files: entries.map(([path, content]) => ({
      path,
      mode: octal(BUNDLE_FILES[path]),
      sha256: sha256(content),
    })),
  };
  return { manifest, files };
}

/**
 * The data as a configuration, in the form that versions before this one took from each other: they write down what
 * they receive, and believe no command but their own.
 */
function travellingConf(
  data: RenewalData,
  { configDir, lineage, option }: Readonly<Record<'configDir' | 'lineage' | 'option', string>>,
): string {
  const commands = HOOKS.map((hook) => [
    hook,
    option === '' ? `certbot-ha-${hook}` : `certbot-ha-${hook} ${option}`,
  ]);
  const hooks = Object.fromEntries(commands) as Record<(typeof HOOKS)[number], string>;
  return composeConf(data, { configDir, lineage, hooks });
}

async function contentOf(file: string): Promise<string> {
  return await orExplain(file, readText);
}

async function orExplain(file: string, read: (file: string) => Promise<string>): Promise<string> {
  try {
    return await read(file);
  } catch (error) {
    const found = unreadable(error, file);
    throw found === null ? error : new CertbotHaError('failed', found, { cause: error });
  }
}
