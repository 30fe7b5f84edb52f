import { join } from 'node:path';
import { accountDirectory, renewalConfOf, renewalDirectory } from '../certbot/config-dir.ts';
import { isAccount, renewerOf, valuesIn } from '../certbot/renewal-data.ts';
import type { FindingOf } from '../findings/register.ts';
import { entriesOf, exists, orNone, statOf, textOf } from '../system/read-file.ts';
import { listLineages } from './list.ts';

/** An ACME account of a CA that this node has. */
export interface Account {
  readonly id: string;
  /** the lineages of certbot-ha's that are renewed by it, in alphabetical order */
  readonly lineages: readonly string[];
  /** those that certbot-ha does not renew, and that this account renews too */
  readonly foreign: readonly string[];
}

/** What a lineage here is renewed by. */
interface Use {
  readonly lineage: string;
  readonly server: string | null;
  readonly account: string | null;
  readonly isOurs: boolean;
}

/** What certbot keeps of an account (certbot, account.py); one that lacks a file is none. */
export const ACCOUNT_FILES = ['meta.json', 'private_key.json', 'regr.json'] as const;

/**
 * The cluster's accounts of a CA that are on this node, the one to use first: in use before not in use, then the one that this
 * node has had longest, which no peer can say otherwise. An account that only lineages of others are renewed by is this
 * node's own. What may not be read is none.
 */
export async function accountsOf(configDir: string, server: string): Promise<readonly Account[]> {
  return await accountsIn(configDir, server, await usesIn(configDir));
}

/** Where there are two of a CA whose certificates this node has: which one to use, and the way out. */
export async function severalAccounts(configDir: string): Promise<readonly FindingOf<'accounts-several'>[]> {
  const uses = await usesIn(configDir);
  const servers = new Set(uses.flatMap(({ server, isOurs }) => (isOurs && server !== null ? [server] : [])));
  const findings = await Promise.all(
    [...servers].toSorted().map(async (server): Promise<readonly FindingOf<'accounts-several'>[]> => {
      const [first, ...others] = await accountsIn(configDir, server, uses);
      if (first === undefined || others.length === 0) return [];
      const kept = others.filter(({ foreign }) => foreign.length > 0);
      return [
        {
          code: 'accounts-several',
          server,
          account: first.id,
          others: others.map(({ id }) => id),
          lineages: others.flatMap(({ lineages }) => lineages).toSorted(),
          kept: kept.map(({ id }) => id),
          foreign: kept.flatMap(({ foreign }) => foreign).toSorted(),
          directory: renewalDirectory(configDir),
        },
      ];
    }),
  );
  return findings.flat();
}

async function accountsIn(
  configDir: string,
  server: string,
  uses: readonly Use[],
): Promise<readonly Account[]> {
  const entries = await orNone(entriesOf(accountDirectory(configDir, { server, account: '' })), []);
  const seen = await Promise.all(
    entries.filter(isAccount).map(async (id) => {
      const directory = accountDirectory(configDir, { server, account: id });
      const isWhole = await Promise.all(
        ACCOUNT_FILES.map(async (file) => await orNone(exists(join(directory, file)), false)),
      );
      const users = uses.filter((use) => use.account === id && isUsed(configDir, use, directory));
      const lineages = users.filter(({ isOurs }) => isOurs).map(({ lineage }) => lineage);
      const foreign = users.filter(({ isOurs }) => !isOurs).map(({ lineage }) => lineage);
      const isOfOthers = foreign.length > 0 && lineages.length === 0;
      if (isOfOthers || !isWhole.every(Boolean)) return [];
      return [{ id, lineages, foreign, sinceMs: await arrivalOf(join(directory, 'private_key.json')) }];
    }),
  );
  return seen
    .flat()
    .toSorted(
      (one, other) =>
        Number(other.lineages.length > 0) - Number(one.lineages.length > 0) ||
        one.sinceMs - other.sinceMs ||
        Number(one.id > other.id) - Number(one.id < other.id),
    )
    .map(({ id, lineages, foreign }) => ({ id, lineages, foreign }));
}

/** Certbot finds the account by a part of the URL: one that is spelled otherwise may lead to the same directory. */
function isUsed(configDir: string, { server, account }: Use, directory: string): boolean {
  return (
    server !== null && account !== null && accountDirectory(configDir, { server, account }) === directory
  );
}

/** When its key was written here, which certbot and the installer do once. What meta.json says is the sender's. */
async function arrivalOf(key: string): Promise<number> {
  return (await orNone(statOf(key), null))?.mtimeMs ?? Number.MAX_VALUE;
}

async function usesIn(configDir: string): Promise<readonly Use[]> {
  const lineages = await orNone(listLineages(configDir), []);
  const uses = await Promise.all(
    lineages.map(async (lineage) => {
      const text = await orNone(textOf(renewalConfOf(configDir, lineage)), null);
      if (text === null) return [];
      const value = valuesIn(text);
      const { isOurs } = renewerOf(text);
      return [{ lineage, server: value('server'), account: value('account'), isOurs }];
    }),
  );
  return uses.flat();
}
