import { readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { parseLineage } from './lineage.ts';
import { BUNDLE_FILES, sha256, type Bundle, type BundlePath } from './bundle.ts';
import { leafOf } from './generation.ts';
import { accountDirectory, liveOf, numberOfCertificate, renewalConfOf } from '../certbot/config-dir.ts';
import { readRenewalConf } from '../certbot/renewal-conf.ts';
import { unreadable } from './unreadable.ts';

/** A manifest with a higher one is refused, and nobody goes by it: a thief of the key may have left such a number. */
const MAX_NUMBER = 1_000_000;

/**
 * Reads the newest generation of a lineage into a bundle.
 * @param from the name of this node
 * @throws {CertbotHaError} `failed`, with every file that is missing or unreadable
 */
export async function collectBundle(configDir: string, lineage: string, from: string): Promise<Bundle> {
  const live = liveOf(configDir, lineage);
  const conf = await readText(renewalConfOf(configDir, lineage));
  // Its own commands are this node's to trust: what the receiver makes of them is the receiver's affair.
  const read = readRenewalConf(conf, { configDir, lineage, hookCommands: new Set(), installed: conf });
  if ('problems' in read) throw new CertbotHaError('failed', read.problems);
  const account = accountDirectory(configDir, read);
  const pathOf = (path: BundlePath) => {
    if (path === 'renewal.conf') return null;
    return path.startsWith('account/') ? join(account, basename(path)) : join(live, path);
  };
  const entries = await Promise.all(
    (Object.keys(BUNDLE_FILES) as BundlePath[]).map(async (path) => {
      const file = pathOf(path);
      return [path, file === null ? conf : await readText(file)] as const;
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
      mode: BUNDLE_FILES[path].toString(8).padStart(4, '0'),
      sha256: sha256(content),
    })),
  };
  return { manifest, files };
}

async function readText(file: string): Promise<string> {
  return await orExplain(file, async () => await readFile(file, 'utf8'));
}

async function orExplain(file: string, read: (file: string) => Promise<string>): Promise<string> {
  try {
    return await read(file);
  } catch (error) {
    const found = unreadable(error, file);
    throw found === null ? error : new CertbotHaError('failed', found, { cause: error });
  }
}
