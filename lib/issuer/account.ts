import { serverFor, valueOf } from '../certbot/acme-server.ts';
import { accountDirectory } from '../certbot/config-dir.ts';
import type { Finding } from '../findings/register.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { accountsOf } from '../lineage/accounts.ts';
import type { Records } from '../state/records.ts';
import { entriesOf } from '../system/read-file.ts';
import { within } from '../system/deadline.ts';
import { catchUp, type Behind } from './catch-up.ts';
import { ownAccountOf, type Order, type WouldChange } from './reissued.ts';

/** The account to use, and what has been found about it. */
export interface Chosen {
  /** null: certbot takes the only one there is, or registers one, or has been told */
  readonly account: string | null;
  readonly findings: readonly Finding[];
  /** the cluster has lineages that this node lacks, and with them perhaps an account of this CA */
  readonly lacking: readonly string[];
  /** the lineage that is issued again has lost its account, and the peers have not brought it */
  readonly lost: WouldChange | null;
}

/** For the peers' account to arrive: what `is-issuer` gives the peers' lineages. */
export const ARRIVAL_TIMEOUT_MS = 20_000;
const NOTHING: Chosen = { account: null, findings: [], lacking: [], lost: null };

/**
 * Which ACME account certbot is to issue with. A node that has none of this CA's gets the cluster's from a peer first, with
 * the lineages there. Where there are several, certbot would ask, and without a terminal end: the one of the lineage that
 * is issued again, or else the cluster's first. One that has lost its account is issued with another one only where that is asked for.
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function chooseAccount(
  order: Order,
  cluster: Cluster,
  {
    records,
    signal,
  }: { readonly records: Pick<Records, 'installedOf' | 'deletionOf'>; readonly signal: AbortSignal },
): Promise<Chosen> {
  const { given, settings } = order;
  const { configDir, mode } = cluster.config.certificates;
  const isElsewhere = given.some((argument) => /^--config-dir(?:=|$)/.test(argument));
  // argparse takes any beginning of an option's name.
  const isSaid = given.some((argument) => /^--acc\w*(?:=|$)/.test(argument));
  if (isElsewhere || isSaid || valueOf('account', [], settings) !== null) return NOTHING;
  const server = serverFor(given, settings);
  const look = async () => {
    const accounts = await accountsOf(configDir, server);
    return { accounts, own: await ownAccountOf(accounts, order, { configDir, server }) };
  };
  // A rehearsal leaves nothing, and a node with lineages of its own has its own account.
  const isShared = mode === 'shared' && !given.includes('--dry-run');
  let { accounts, own } = await look();
  let behind: Behind = { lacking: [], withoutAccount: [], silent: [] };
  const findings: Finding[] = [];
  if (isShared && (accounts.length === 0 || own.lost !== null)) {
    if (!abilitiesOf(cluster.config).hasAgents && own.lost === null)
      findings.push({ code: 'account-not-asked', server });
    const limit = within(signal, ARRIVAL_TIMEOUT_MS);
    // Without it, another one would be registered.
    behind = await catchUp(cluster, records, limit, undefined, undefined, ARRIVAL_TIMEOUT_MS);
    ({ accounts, own } = await look());
    findings.push(...(accounts.length === 0 || own.lost !== null ? unheard(behind, cluster) : []));
  }
  const lost = isShared ? own.lost : null;
  if (accounts.length === 0)
    return { account: null, findings, lacking: [...behind.lacking, ...behind.withoutAccount], lost };
  const inAll = await entriesOf(accountDirectory(configDir, { server, account: '' }));
  const account = inAll.length === 1 ? null : (own.account ?? accounts[0]?.id ?? null);
  if (account !== null && accounts.length > 1 && lost === null)
    findings.push({ code: 'account-chosen', server, account, accounts: accounts.length });
  return { account, findings, lacking: [], lost };
}

/** Who may have one, and has not said so. Where nobody answers, the hooks tell of it, or there is no cluster yet. */
function unheard({ silent }: Behind, { peers }: Cluster): readonly Finding[] {
  if (silent.length === peers.length) return [];
  return silent.flatMap(({ node: { name, address }, reason }) => [
    { code: 'newer-not-known', node: name, address },
    reason,
  ]);
}
