import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { makeBundle, NAME } from '../lineage/bundle.ts';
import { DIST } from '../cluster/built.ts';
import { renewalConf } from '../lineage/renewal-conf.ts';
import type { Issued } from '../lineage/certificates.ts';
import { test as base, type InstallerNode } from './node.ts';

export { expect } from './node.ts';

/** Two certificates of one lineage, and one of another. */
export interface Generations {
  readonly old: Issued;
  readonly next: Issued;
  readonly other: Issued;
}

export const HOUR_MS = 3_600_000;

/** A node that takes bundles, and certificates for it. */
export const test = base.extend<{ readonly issued: Generations }>({
  issued: async ({ ca }, use) => {
    const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - 48 * HOUR_MS) });
    await use({ old, next: await ca.issue([NAME]), other: await ca.issue(['other.example.test']) });
  },
});

export const bundleFor = ({ configDir }: InstallerNode, issued: Issued, number: number): Bundle =>
  makeBundle(issued, { configDir, number });

/** The renewal configuration that an installer writes where there is none: of its node's paths and hooks. */
export function ownConf({ configDir, directory }: InstallerNode, version = '2.1.0'): string {
  const command = (hook: string) => `${DIST}/hooks/${hook} --config ${directory}/config.yaml`;
  const params = [
    `manual_auth_hook = ${command('certbot-ha-auth')}`,
    `manual_cleanup_hook = ${command('certbot-ha-cleanup')}`,
    `renew_hook = ${command('deploy.js')}`,
  ];
  return renewalConf({ configDir, lineage: NAME, params, version });
}

export async function modeOf(path: string): Promise<string> {
  return ((await lstat(path)).mode & 0o7777).toString(8);
}

/** What archive/NAME holds. */
export async function archiveOf({ configDir }: InstallerNode): Promise<readonly string[]> {
  return (await readdir(join(configDir, 'archive', NAME))).toSorted();
}

/** The files of these generations in an archive. */
export function filesOf(...numbers: readonly number[]): readonly string[] {
  const kinds = ['cert', 'chain', 'fullchain', 'privkey'];
  return numbers.flatMap((number) => kinds.map((kind) => `${kind}${number}.pem`)).toSorted();
}
