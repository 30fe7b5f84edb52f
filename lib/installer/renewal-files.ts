import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { accountDirectory, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import { composeConf, updateConf, type Own } from '../certbot/renewal-conf.ts';
import { renewerOf, type RenewalData } from '../certbot/renewal-data.ts';
import { BUNDLE_FILES, type Bundle, type BundlePath } from '../lineage/bundle.ts';
import { lostAccountOf } from '../lineage/lost-account.ts';
import { targetOf, textOf } from '../system/read-file.ts';
import { removeIfThere, writeWhole } from '../system/write-file.ts';

/** Writes what certbot needs besides the certificates to renew a lineage: its configuration and the account. */
export async function writeRenewalFiles(
  configDir: string,
  { manifest, files }: Bundle,
  { data, conf }: { readonly data: RenewalData; readonly conf: string },
): Promise<void> {
  await writeAccount(configDir, files, data);
  await mkdir(renewalDirectory(configDir), { recursive: true, mode: 0o755 });
  await restoreConf(configDir, manifest.lineage, conf);
}

/**
 * Puts back what this node has lost of the account that its own configuration names. Another one that a bundle brings
 * changes nothing here.
 */
export async function restoreAccount(
  configDir: string,
  { manifest, files }: Bundle,
  data: RenewalData,
): Promise<void> {
  const lost = await lostAccountOf(configDir, manifest.lineage);
  if (lost?.directory === accountDirectory(configDir, data)) await writeAccount(configDir, files, data);
}

async function writeAccount(configDir: string, files: Bundle['files'], data: RenewalData): Promise<void> {
  const directory = accountDirectory(configDir, data);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // mkdir gives the mode to the last directory only; what leads to an account is root's as well.
  for (let part = directory; part !== configDir; part = dirname(part)) await chmod(part, 0o700);
  for (const path of Object.keys(BUNDLE_FILES) as BundlePath[]) {
    if (!path.startsWith('account/')) continue;
    const file = join(directory, basename(path));
    // An account's id is made of its key, so one that is here is the same, or somebody's own affair.
    if ((await textOf(file)) === null) await writeWhole(file, files[path], { mode: BUNDLE_FILES[path] });
  }
}

/** This node's own configuration with what has changed, or its first one. */
export function ownConf(before: string | null, data: RenewalData, own: Own): string {
  return before !== null && renewerOf(before).isOurs ? updateConf(before, data, own) : composeConf(data, own);
}

/** Puts the configuration back that was there before, or none (null). The account stays. */
export async function restoreConf(configDir: string, lineage: string, conf: string | null): Promise<void> {
  const file = renewalConfOf(configDir, lineage);
  if (conf === null) await removeIfThere(file);
  else if ((await textOf(file)) !== conf) await writeWhole(file, conf, await rightsOf(file));
}

/** Those of what is there, as certbot does (storage.py); what an operator has closed stays closed. */
async function rightsOf(file: string): Promise<{ readonly mode: number; readonly gid: number | null }> {
  const before = await targetOf(file);
  return before === null ? { mode: 0o644, gid: null } : { mode: before.mode & 0o777, gid: before.gid };
}
