import { join } from 'node:path';
import { isUnreachable } from '../base/errors.ts';
import { accountDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { isAccount, renewerOf, valuesIn } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { entriesOf, exists, textOf } from '../system/read-file.ts';
import { listLineages } from './list.ts';

/** An ACME account of a CA that this node has. */
export interface Account {
  readonly id: string;
  /** the lineages of certbot-ha's that are renewed by it, in alphabetical order */
  readonly lineages: readonly string[];
}

/** What a lineage here is renewed by. */
interface Use {
  readonly lineage: string;
  readonly server: string | null;
  readonly account: string | null;
  readonly isOurs: boolean;
}

/** What certbot keeps of an account (certbot, account.py); one that lacks a file is none. */
const FILES = ['meta.json', 'private_key.json', 'regr.json'] as const;

/**
 * The cluster's accounts of a CA that are on this node, the one to use first: in use before not in use, then by the time of
 * the registration, so that every node that has the same ones takes the same one. An account that only lineages of others
 * are renewed by is this node's own. What may not be read is none.
 */
export async function accountsOf(configDir: string, server: string): Promise<readonly Account[]> {
  return await accountsIn(configDir, server, await usesIn(configDir));
}

/** Where there are two of a CA whose certificates this node has: which one to use, and the way out. */
export async function severalAccounts(configDir: string): Promise<readonly Finding[]> {
  const uses = await usesIn(configDir);
  const servers = new Set(uses.flatMap(({ server, isOurs }) => (isOurs && server !== null ? [server] : [])));
  const findings = await Promise.all(
    [...servers].toSorted().map(async (server): Promise<readonly Finding[]> => {
      const [first, ...others] = await accountsIn(configDir, server, uses);
      if (first === undefined || others.length === 0) return [];
      return [
        {
          code: 'accounts-several',
          server,
          account: first.id,
          others: others.map(({ id }) => id),
          lineages: others.flatMap(({ lineages }) => lineages).toSorted(),
          directory: accountDirectory(configDir, { server, account: '' }),
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
        FILES.map(async (file) => await orNone(exists(join(directory, file)), false)),
      );
      const users = uses.filter((use) => use.account === id && use.server === server);
      const lineages = users.filter(({ isOurs }) => isOurs).map(({ lineage }) => lineage);
      const isOfOthers = users.length > 0 && lineages.length === 0;
      if (isOfOthers || !isWhole.every(Boolean)) return [];
      return [{ id, lineages, registered: await registrationOf(join(directory, 'meta.json')) }];
    }),
  );
  return seen
    .flat()
    .toSorted(
      (one, other) =>
        Number(other.lineages.length > 0) - Number(one.lineages.length > 0) ||
        compare(one.registered, other.registered) ||
        compare(one.id, other.id),
    )
    .map(({ id, lineages }) => ({ id, lineages }));
}

/** By code points, the same in every locale. */
function compare(one: string, other: string): number {
  return Number(one > other) - Number(one < other);
}

/** When it was registered, as certbot writes it, in UTC; last of all where that is not known. */
async function registrationOf(file: string): Promise<string> {
  const [, time = '~'] =
    /"creation_dt"\s*:\s*"([^"]{10,40})"/.exec((await orNone(textOf(file), null)) ?? '') ?? [];
  return time;
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

/** Told of by whoever needs it. */
async function orNone<T>(read: Promise<T>, none: T): Promise<T> {
  return await read.catch((error: unknown) => {
    if (isUnreachable(error)) return none;
    throw error;
  });
}
