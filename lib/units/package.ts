import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { CERTBOT_SERVICES } from '../certbot/units-shown.ts';
import { ALL_OWN_UNITS } from '../cluster/own-units.ts';
import { exists } from '../system/read-file.ts';

export const PROGRAMS = '/usr/lib/certbot-ha';
const PACKAGED = '/usr/lib/systemd/system';

/** A package of certbot-ha that is installed. */
export interface Package {
  readonly name: string;
  readonly reinstall: string;
  readonly remove: string;
}

/** Null where none is. */
export async function installedPackage(root: string): Promise<Package | null> {
  const has = async (path: string) => await exists(join(root, path));
  if (!(await has(`${PROGRAMS}/cli.js`)) && !(await has(`${PACKAGED}/certbot-ha-agent.service`))) return null;
  const name = (await has(`${PROGRAMS}/bin/node`)) ? 'certbot-ha-standalone' : 'certbot-ha';
  const isDebian = await has(`/var/lib/dpkg/info/${name}.list`);
  return isDebian
    ? { name, reinstall: `apt-get install --reinstall ${name}`, remove: `apt-get remove ${name}` }
    : { name, reinstall: `dnf reinstall ${name}`, remove: `dnf remove ${name}` };
}

/** @throws {CertbotHaError} `failed` where files of the package are missing */
export async function checkPackage({ reinstall }: Package, root: string): Promise<void> {
  const dropIns = CERTBOT_SERVICES.map((service) => `${PACKAGED}/${service}.d/certbot-ha.conf`);
  const own = ['sysusers.d', 'tmpfiles.d'].map((kind) => `/usr/lib/${kind}/certbot-ha.conf`);
  const files = [...ALL_OWN_UNITS.map((unit) => `${PACKAGED}/${unit}`), ...dropIns, ...own].map((file) =>
    join(root, file),
  );
  const there = await Promise.all(files.map(async (file) => await exists(file)));
  const missing = files.filter((_, index) => !there[index]);
  if (missing.length > 0)
    throw new CertbotHaError('failed', { code: 'package-incomplete', files: missing }, { hint: reinstall });
}
