import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { isIdentifier } from '../challenge/challenge.ts';
import { PRODUCTION } from '../certbot/acme-server.ts';
import { accountDirectory, liveOf, renewalConfOf } from '../certbot/config-dir.ts';
import { readRenewalData, renewerOf, valueIn, type RenewalData } from '../certbot/renewal-data.ts';
import { PARAMS, readSettings } from '../certbot/settings.ts';
import type { Config } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Finding } from '../findings/register.ts';
import { ACCOUNT_FILES } from '../lineage/accounts.ts';
import { checkLineage } from '../lineage/check-lineage.ts';
import { readLineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';
import { exists, orNone } from '../system/read-file.ts';
import { unreadableHooks, type HooksAfter } from './hooks-after.ts';

export interface Looked {
  /** why the lineage stays as it is */
  readonly obstacles: readonly Finding[];
  /** what its certificate is for */
  readonly names: readonly string[];
  /** it names a program of certbot's own that changes and reloads a web server */
  readonly hasInstaller: boolean;
}

/** Looks for what keeps a lineage from being renewed by certbot-ha's hooks. */
export async function lookAt(
  lineage: string,
  text: string,
  { config, kept }: { readonly config: Config; readonly kept: HooksAfter['kept'] },
): Promise<Looked> {
  const { configDir } = config.certificates;
  const file = renewalConfOf(configDir, lineage);
  // As certbot reads it: what is no UTF-8 could not be written back either.
  if (text.includes('\u{FFFD}')) return only([{ code: 'file-unreadable', file, error: 'no UTF-8' }]);
  const data = readRenewalData(text);
  if ('problems' in data) return only(data.problems);
  const installer = valueOf(text, 'installer');
  const dns = dnsOf(text);
  const server = data.server === PRODUCTION ? null : data.server;
  const { names, found } = await namesOn(configDir, lineage, dns !== null);
  const obstacles = [
    ...(dns === null
      ? []
      : [{ code: 'adoption-by-dns', lineage, names, ...dns, server, hasDns: config.dns !== null } as const]),
    ...(valueIn(data, 'allow_subset_of_names') === 'true'
      ? [{ code: 'adoption-with-subset', lineage, file } as const]
      : []),
    ...installerOf(lineage, installer, config),
    ...unreadableHooks({ kept }),
    ...found,
    ...(await accountObstacles(configDir, lineage, data)),
  ];
  return { obstacles, names, hasInstaller: installer !== null };
}

function only(obstacles: readonly Finding[]): Looked {
  return { obstacles, names: [], hasInstaller: false };
}

/** The authenticator that proves names by DNS records, and the file with its server or key; null: another one. */
function dnsOf(text: string): { readonly authenticator: string; readonly credentials: string | null } | null {
  const { authenticator } = renewerOf(text);
  if (authenticator === null) return null;
  const credentials = valueOf(text, `${authenticator.replaceAll('-', '_')}_credentials`);
  if (/(?:^|[:-])dns(?:-|$)/.test(authenticator)) return { authenticator, credentials };
  const challenges = valueOf(text, 'pref_challs') ?? '';
  const isByDns = challenges.includes('dns') && !challenges.includes('http');
  return isByDns ? { authenticator: `${authenticator}, dns-01`, credentials: null } : null;
}

/** certbot reloads its installer's web server after each renewal: without certbot-ha doing so, that one would serve the old certificate. */
function installerOf(lineage: string, installer: string | null, config: Config): readonly Finding[] {
  const { kind } = config.webServer;
  const isReloaded = installer === null || installer === kind || settingsOf(config, lineage).reload !== null;
  return isReloaded ? [] : [{ code: 'adoption-other-installer', lineage, installer, kind }];
}

async function namesOn(
  configDir: string,
  lineage: string,
  isByDns: boolean,
): Promise<{ readonly names: readonly string[]; readonly found: readonly Finding[] }> {
  const directory = liveOf(configDir, lineage);
  const read = await readLineage(directory).catch((error: unknown) => {
    if (error instanceof CertbotHaError) return error.findings;
    throw error;
  });
  if (!('leaf' in read)) return { names: [], found: read };
  // One that has expired is what a renewal is for.
  const unsound = checkLineage(read, [], new Date()).filter(
    ({ code }) => code !== 'leaf-expired' && code !== 'issuer-expired',
  );
  const names = namesOf(read.leaf);
  const wildcards = isByDns ? [] : names.filter((name) => name.startsWith('*.'));
  const odd = names.find((name) => !name.startsWith('*.') && !isIdentifier(name));
  const found: readonly Finding[] = [
    ...unsound,
    ...(names.length === 0
      ? [{ code: 'name-not-covered', file: join(directory, 'cert.pem'), name: lineage, names } as const]
      : []),
    ...(wildcards.length > 0 ? [{ code: 'adoption-of-wildcard', lineage, names: wildcards } as const] : []),
    ...(odd === undefined ? [] : [{ code: 'not-a-name', command: 'adopt', got: odd } as const]),
  ];
  return { names, found };
}

/** certbot cannot renew it as it is. */
async function accountObstacles(
  configDir: string,
  lineage: string,
  data: RenewalData,
): Promise<readonly Finding[]> {
  const { account, server } = data;
  const directory = accountDirectory(configDir, data);
  const files = ACCOUNT_FILES.map(async (file) => await orNone(exists(join(directory, file)), true));
  const isWhole = (await Promise.all(files)).every(Boolean);
  return isWhole ? [] : [{ code: 'account-lost', lineage, account, server, directory }];
}

function valueOf(text: string, wanted: string): string | null {
  const value = readSettings(text).findLast(
    ({ section, key }) => section === PARAMS && key === wanted,
  )?.value;
  return value === undefined || ['', 'None', 'null'].includes(value) ? null : value;
}
