import { serverFor, valueOf } from '../certbot/acme-server.ts';
import type { CliSetting } from '../certbot/cli-ini.ts';
import { accountDirectory, renewalConfOf } from '../certbot/config-dir.ts';
import { valuesIn } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { accountsOf, type Account } from '../lineage/accounts.ts';
import { currentGeneration } from '../lineage/current.ts';
import { normalAddress } from '../net/address.ts';
import type { Records } from '../state/records.ts';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';
import { within } from '../system/deadline.ts';
import { catchUp, type Behind } from './catch-up.ts';

/** What `certbot certonly` is about to be run with. */
export interface Order {
  readonly given: readonly string[];
  readonly settings: readonly CliSetting[];
  /** the names that are asked for */
  readonly names: readonly string[];
}

/** The account to use, and what has been found about it. */
export interface Chosen {
  /** null: certbot takes the only one there is, or registers one, or has been told */
  readonly account: string | null;
  readonly findings: readonly Finding[];
  /** the cluster has lineages that this node lacks, and with them perhaps an account of this CA */
  readonly lacking: readonly string[];
}

/** For the peers' account to arrive: what `is-issuer` gives the peers' lineages. */
export const ARRIVAL_TIMEOUT_MS = 20_000;
const NOTHING: Chosen = { account: null, findings: [], lacking: [] };

/**
 * Which ACME account certbot is to issue with. A node that has none of this CA's gets the cluster's from a peer first, with
 * the lineages there. Where there are several, certbot would ask, and without a terminal end: the one of the lineage that
 * is issued again, or else the cluster's first.
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function chooseAccount(
  { given, settings, names }: Order,
  cluster: Cluster,
  {
    records,
    signal,
  }: { readonly records: Pick<Records, 'installedOf' | 'deletionOf'>; readonly signal: AbortSignal },
): Promise<Chosen> {
  const { configDir, mode } = cluster.config.certificates;
  const isElsewhere = given.some((argument) => /^--config-dir(?:=|$)/.test(argument));
  // argparse takes any beginning of an option's name.
  const isSaid = given.some((argument) => /^--acc\w*(?:=|$)/.test(argument));
  if (isElsewhere || isSaid || valueOf('account', [], settings) !== null) return NOTHING;
  const server = serverFor(given, settings);
  let accounts = await accountsOf(configDir, server);
  let behind: Behind = { lacking: [], withoutAccount: [], silent: [] };
  const findings: Finding[] = [];
  if (accounts.length === 0 && mode === 'shared' && !given.includes('--dry-run')) {
    if (!abilitiesOf(cluster.config).hasAgents) findings.push({ code: 'account-not-asked', server });
    const limit = within(signal, ARRIVAL_TIMEOUT_MS);
    // Without it, another one would be registered.
    behind = await catchUp(cluster, records, limit, undefined, undefined, ARRIVAL_TIMEOUT_MS);
    accounts = await accountsOf(configDir, server);
  }
  if (accounts.length === 0) {
    const lacking = [...behind.lacking, ...behind.withoutAccount];
    return { account: null, findings: [...findings, ...unheard(behind, cluster)], lacking };
  }
  const inAll = await entriesOf(accountDirectory(configDir, { server, account: '' }));
  if (inAll.length === 1) return NOTHING;
  const account = (await ownOf(accounts, { given, settings, names }, configDir)) ?? accounts[0]?.id ?? null;
  if (account === null || accounts.length === 1) return { ...NOTHING, account };
  return {
    ...NOTHING,
    account,
    findings: [{ code: 'account-chosen', server, account, accounts: accounts.length }],
  };
}

/** Who may have one, and has not said so. Where nobody answers, the hooks tell of it, or there is no cluster yet. */
function unheard({ silent }: Behind, { peers }: Cluster): readonly Finding[] {
  if (silent.length === peers.length) return [];
  return silent.flatMap(({ node: { name, address }, reason }) => [
    { code: 'newer-not-known', node: name, address },
    reason,
  ]);
}

/** The account of the lineage that would be issued again: another one would be refused on every other node. */
async function ownOf(
  accounts: readonly Account[],
  { given, settings, names }: Order,
  configDir: string,
): Promise<string | null> {
  const lineage = valueOf('cert-name', given, settings) ?? (await replacedBy(names, accounts, configDir));
  if (lineage === null) return null;
  const conf = await textOf(renewalConfOf(configDir, lineage));
  const account = conf === null ? null : valuesIn(conf)('account');
  return accounts.some(({ id }) => id === account) ? account : null;
}

/** The lineage that certbot would renew or expand for these names (cert_manager.py, find_duplicative_certs). */
async function replacedBy(
  names: readonly string[],
  accounts: readonly Account[],
  configDir: string,
): Promise<string | null> {
  const asked = new Set(names.map(normalAddress));
  for (const lineage of accounts.flatMap(({ lineages }) => lineages).toSorted()) {
    const here = (await orNone(currentGeneration(configDir, lineage), null))?.names ?? [];
    if (here.length > 0 && here.every((name) => asked.has(normalAddress(name)))) return lineage;
  }
  return null;
}
