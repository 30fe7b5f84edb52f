import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BUNDLE_FILES, type Bundle, type BundlePath } from '../lineage/bundle.ts';
import { accountDirectory, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import type { RenewalConf } from '../certbot/renewal-conf.ts';
import { textOf } from '../system/read-file.ts';
import { removeIfThere, writeWhole } from '../system/write-file.ts';

/** What certbot needs besides the certificates to renew a lineage: its configuration and the account. */
export interface CertbotFiles {
  write(bundle: Bundle, conf: RenewalConf): Promise<void>;
  /** Puts the configuration back that was there before, or none (null). The account stays. */
  restore(lineage: string, conf: string | null): Promise<void>;
}

export function createCertbotFiles(configDir: string): CertbotFiles {
  async function write(bundle: Bundle, conf: RenewalConf): Promise<void> {
    const directory = accountDirectory(configDir, conf);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // mkdir gives the mode to the last directory only; what leads to an account is root's as well.
    for (let part = directory; part !== configDir; part = dirname(part)) await chmod(part, 0o700);
    for (const path of Object.keys(BUNDLE_FILES) as BundlePath[]) {
      if (!path.startsWith('account/')) continue;
      const file = join(directory, basename(path));
      // An account's id is made of its key, so one that is here is the same, or somebody's own affair.
      if ((await textOf(file)) === null) {
        await writeWhole(file, bundle.files[path], { mode: BUNDLE_FILES[path], gid: null });
      }
    }
    await mkdir(renewalDirectory(configDir), { recursive: true, mode: 0o755 });
    await restore(bundle.manifest.lineage, bundle.files['renewal.conf']);
  }

  async function restore(lineage: string, conf: string | null): Promise<void> {
    const file = renewalConfOf(configDir, lineage);
    if (conf === null) await removeIfThere(file);
    else if ((await textOf(file)) !== conf) await writeWhole(file, conf, { mode: 0o644, gid: null });
  }

  return { write, restore };
}
