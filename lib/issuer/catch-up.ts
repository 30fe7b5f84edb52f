import type { ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import { lostAccounts } from '../lineage/lost-account.ts';
import { compareAge } from '../lineage/generation.ts';
import { askToSync } from '../peers/ask-to-sync.ts';
import { accountsFrom, newerThan } from '../peers/newer.ts';
import { deletedBy, recordsOf, surveyPeers, type PeerView } from '../peers/survey.ts';
import type { Records } from '../state/records.ts';
import { stamped, type Stamped } from '../state/stamped.ts';
import type { ToldTombstone } from '../state/tombstones.ts';
import { within } from '../system/deadline.ts';
import { orNone } from '../system/read-file.ts';
import { pause } from '../system/pause.ts';

/** What catching up has not come to. */
export interface Behind {
  /** the lineages that have not arrived */
  readonly lacking: readonly string[];
  /** the lineages that are here and whose account, lost here, has not arrived */
  readonly withoutAccount: readonly string[];
  /** the peers that have not told what they have */
  readonly silent: readonly Extract<PeerView, { readonly isReachable: false }>[];
}

interface Seen {
  readonly cluster: Cluster;
  readonly records: Pick<Records, 'installedOf' | 'deletionOf'>;
  readonly views: readonly PeerView[];
}

const UP_TO_DATE: Behind = { lacking: [], withoutAccount: [], silent: [] };

const POLL_EVERY_MS = 250;
/** One peer that gives no answer must not use up the others' time. */
const SURVEY_TIMEOUT_MS = 8_000;
/** An account may not come from a peer of an earlier version, or one that has another. */
const ACCOUNT_TIMEOUT_MS = 5_000;

/**
 * Asks the peers for lineages that are newer there, and waits until they have arrived or the signal
 * aborts, so that the one who renews continues from the newest generation. Asks nobody where every node
 * keeps its own lineages, or has no agent.
 * @param records what this node has installed
 * @param connect what makes the client, which is closed at the end
 * @param have has on this node what was deleted elsewhere: that is not renewed
 * @param accountMs how long an account that is lost here is waited for
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function catchUp(
  cluster: Cluster,
  records: Pick<Records, 'installedOf' | 'deletionOf'>,
  signal: AbortSignal,
  connect: (cluster: Cluster) => ChannelClient | Promise<ChannelClient> = connectLate,
  have: (told: readonly ToldTombstone[]) => Promise<unknown> = async () => undefined,
  accountMs = ACCOUNT_TIMEOUT_MS,
): Promise<Behind> {
  const { config } = cluster;
  if (config.certificates.mode === 'per-node' || !abilitiesOf(config).hasAgents) return UP_TO_DATE;
  const client = await connect(cluster);
  try {
    const views = await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS));
    const told = deletedBy(views, new Date());
    if (told.length > 0) await have(told);
    const seen = { cluster, records, views };
    const { newer, accounts } = await askForNewer(seen, { client, signal });
    const [lacking, withoutAccount] = await Promise.all([
      arrivalOf(newer, seen, signal),
      accountArrivalOf(accounts, cluster, within(signal, accountMs)),
    ]);
    return { lacking, withoutAccount, silent: views.filter((view) => !view.isReachable) };
  } finally {
    await client.close();
  }
}

/** What speaks to the peers is most of what `is-issuer` would load, and often nobody is asked. */
async function connectLate(cluster: Cluster): Promise<ChannelClient> {
  const { createClusterClient } = await import('../channel/client.ts');
  const { createSilentNodes, patiently } = await import('../state/silent-nodes.ts');
  // What is found out about who is silent spares the hooks the same time.
  return createClusterClient(cluster, patiently(createSilentNodes(cluster.config.stateDir)));
}

interface Asked {
  /** the newest generation of each lineage that some peer has newer */
  readonly newer: ReadonlyMap<string, Stamped>;
  /** the lineages whose account is lost here */
  readonly accounts: readonly string[];
}

async function askForNewer(
  { cluster, records, views }: Seen,
  options: { readonly client: ChannelClient; readonly signal: AbortSignal },
): Promise<Asked> {
  const accounts = new Set<string>();
  const wanted = new Map<string, Stamped>();
  await Promise.all(
    views.map(async (view) => {
      if (!view.isReachable) return;
      const newer = await newerThan(view, { cluster, records, views });
      const lost = await accountsFrom(view, { cluster, records });
      for (const { lineage } of lost) accounts.add(lineage);
      for (const { lineage, leaf } of newer) {
        const peers = recordsOf(views, lineage);
        const theirs = stamped(leaf, { own: null, peers, now: new Date() });
        const other = wanted.get(lineage);
        if (other === undefined || compareAge(theirs, other) > 0) wanted.set(lineage, theirs);
      }
      if (newer.length + lost.length > 0) await askToSync(view.node, cluster, options);
    }),
  );
  return { newer: wanted, accounts: [...accounts] };
}

/** Waits for these generations. @returns the lineages that have not arrived when the signal aborts */
async function arrivalOf(
  wanted: ReadonlyMap<string, Stamped>,
  { cluster: { config }, records, views }: Seen,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lacking = new Map(wanted);
  while (lacking.size > 0 && !signal.aborted) {
    for (const [lineage, generation] of lacking) {
      const here = await orNone(currentGeneration(config.certificates.configDir, lineage), null);
      if (here === null) continue;
      const own = await records.installedOf(lineage);
      const known = { own, peers: recordsOf(views, lineage), now: new Date() };
      if (compareAge(stamped(here, known), generation) >= 0) lacking.delete(lineage);
    }
    if (lacking.size > 0) await pause(POLL_EVERY_MS, signal);
  }
  return [...lacking.keys()];
}

/** Waits for the accounts of these lineages. @returns those whose account has not arrived when the signal aborts */
async function accountArrivalOf(
  lineages: readonly string[],
  { config }: Pick<Cluster, 'config'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { configDir } = config.certificates;
  const lost = async () => (await lostAccounts(configDir, lineages)).map(({ lineage }) => lineage);
  let left = await lost();
  while (left.length > 0 && !signal.aborted) {
    await pause(POLL_EVERY_MS, signal);
    left = await lost();
  }
  return left;
}
