import { isGiven, valueOf } from '../certbot/acme-server.ts';
import type { CliSetting } from '../certbot/cli-ini.ts';
import { accountDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { valuesIn } from '../certbot/renewal-data.ts';
import type { FindingOf } from '../findings/register.ts';
import type { Account } from '../lineage/accounts.ts';
import { currentGeneration } from '../lineage/current.ts';
import { listOurs } from '../lineage/list.ts';
import { lostAccountOf, lostAccounts, type LostAccount } from '../lineage/lost-account.ts';
import { normalAddress } from '../net/address.ts';
import { orNone, textOf } from '../system/read-file.ts';

/** What `certbot certonly` is about to be run with. */
export interface Order {
  readonly given: readonly string[];
  readonly settings: readonly CliSetting[];
  /** the names that are asked for */
  readonly names: readonly string[];
}

export type WouldChange = FindingOf<'account-would-change'>;

/** The account of the lineage that certbot would issue again. */
export interface OwnAccount {
  /** null: it is a new lineage, or its account is not here */
  readonly account: string | null;
  /** the lineage names an account of this CA that is not here: any other one would be refused on every other node */
  readonly lost: WouldChange | null;
}

/** @param accounts those of the CA that are here, the first to use first */
export async function ownAccountOf(
  accounts: readonly Account[],
  { given, settings, names }: Order,
  { configDir, server }: { readonly configDir: string; readonly server: string },
): Promise<OwnAccount> {
  // A new lineage, whatever there is of these names.
  if (isGiven('duplicate', given, settings)) return { account: null, lost: null };
  const named = valueOf('cert-name', given, settings);
  const ours = await orNone(listOurs(configDir), []);
  const isOfServer = ({ account, directory }: LostAccount) =>
    directory === accountDirectory(configDir, { server, account });
  const lost = named === null ? await lostAccounts(configDir, ours) : [await lostAccountOf(configDir, named)];
  const gone = lost.filter((one) => one !== null).filter(isOfServer);
  const used = [...accounts.flatMap(({ lineages }) => lineages), ...gone.map(({ lineage }) => lineage)];
  const lineage = named ?? (await replacedBy(names, used, configDir));
  if (lineage === null) return { account: null, lost: null };
  const conf = await textOf(renewalConfOf(configDir, lineage));
  const account = conf === null ? null : valuesIn(conf)('account');
  const own = gone.find((one) => one.lineage === lineage);
  const others = accounts.map(({ id }) => id);
  return {
    account: others.some((id) => id === account) ? account : null,
    lost: own ? { ...own, code: 'account-would-change', others } : null,
  };
}

/** The lineage that certbot would renew or expand for these names: the one that has most of them (cert_manager.py, find_duplicative_certs). */
async function replacedBy(
  names: readonly string[],
  lineages: readonly string[],
  configDir: string,
): Promise<string | null> {
  const asked = new Set(names.map(normalAddress));
  let found: { readonly lineage: string; readonly count: number } | null = null;
  for (const lineage of lineages.toSorted()) {
    const here = new Set(
      (await orNone(currentGeneration(configDir, lineage), null))?.names.map(normalAddress),
    );
    const isOfThem = here.size > 0 && [...here].every((name) => asked.has(name));
    if (isOfThem && here.size > (found?.count ?? 0)) found = { lineage, count: here.size };
  }
  return found?.lineage ?? null;
}
