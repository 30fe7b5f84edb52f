import { basename, join } from 'node:path';

// certbot's directory, as its storage.py lays it out: every path and every pattern of a name in it.

/** The files that certbot documents for a lineage (ALL_FOUR). */
export const PARTS = ['cert.pem', 'chain.pem', 'fullchain.pem', 'privkey.pem'] as const;
export type Part = (typeof PARTS)[number];

/** What is in use of each lineage, by links into archive/. */
export function liveDirectory(configDir: string): string {
  return join(configDir, 'live');
}

/** What certbot-ha writes there of its own: which lineages have been in this directory. */
export function listOfLineages(configDir: string): string {
  return join(liveDirectory(configDir), 'certbot-ha-lineages');
}

/** `live/NAME`. */
export function liveOf(configDir: string, lineage: string): string {
  return join(liveDirectory(configDir), lineage);
}

/** Every generation of each lineage. */
export function archiveDirectory(configDir: string): string {
  return join(configDir, 'archive');
}

/** `archive/NAME`. */
export function archiveOf(configDir: string, lineage: string): string {
  return join(archiveDirectory(configDir), lineage);
}

/** A part of a generation in archive/NAME: `cert3.pem`. */
export function generationFile(part: Part, number: number): string {
  return part.replace('.pem', `${number}.pem`);
}

/** Where the link of a part in live/NAME leads. */
export function linkTarget(archive: string, part: Part, number: number): string {
  return join('..', '..', 'archive', basename(archive), generationFile(part, number));
}

/** The N of `certN.pem`, as a name or a path; null for anything else. */
export function numberOfCertificate(path: string): number | null {
  const number = /^cert(\d+)\.pem$/.exec(basename(path))?.[1];
  return number === undefined ? null : Number(number);
}

/** The part that a file of a generation is, and its number: `cert.pem` and 3 of `cert3.pem`; null for anything else. */
export function partOf(path: string): { readonly part: Part; readonly number: number } | null {
  const [, kind, number] = /^([a-z]+)(\d+)\.pem$/.exec(basename(path)) ?? [];
  const part = PARTS.find((candidate) => candidate === `${kind}.pem`);
  return part === undefined ? null : { part, number: Number(number) };
}

/** The renewal configurations. */
export function renewalDirectory(configDir: string): string {
  return join(configDir, 'renewal');
}

/** `renewal/NAME.conf`. */
export function renewalConfOf(configDir: string, lineage: string): string {
  return join(renewalDirectory(configDir), `${lineage}.conf`);
}

/** The lineage that a renewal configuration is of; null for any other file. */
export function lineageOfConf(name: string): string | null {
  return name.endsWith('.conf') ? name.slice(0, -'.conf'.length) : null;
}

/** The ACME accounts of each CA. */
export function accountsDirectory(configDir: string): string {
  return join(configDir, 'accounts');
}

/** Where certbot keeps an account (configuration.py, accounts_dir_for_server_path). */
export function accountDirectory(
  configDir: string,
  { server, account }: { readonly server: string; readonly account: string },
): string {
  return join(accountsDirectory(configDir), server.replace(/^https?:\/\//, ''), account);
}
