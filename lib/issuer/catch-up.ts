import type { ChannelClient } from '../channel/client.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { currentGeneration } from '../lineage/current.ts';
import { compareAge, type Generation } from '../lineage/generation.ts';
import { askToSync } from '../peers/ask-to-sync.ts';
import { newerThan } from '../peers/newer.ts';
import { surveyPeers, type PeerView } from '../peers/survey.ts';
import { within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';

/** What catching up has not come to. */
export interface Behind {
  /** the lineages that have not arrived */
  readonly lacking: readonly string[];
  /** the peers that have not told what they have */
  readonly silent: readonly Extract<PeerView, { readonly isReachable: false }>[];
}

const UP_TO_DATE: Behind = { lacking: [], silent: [] };

const POLL_EVERY_MS = 250;
/** One peer that gives no answer must not use up the others' time. */
const SURVEY_TIMEOUT_MS = 8_000;

/**
 * Asks the peers for lineages that are newer there, and waits until they have arrived or the signal
 * aborts, so that the one who renews continues from the newest generation. Asks nobody where every node
 * keeps its own lineages, or has no agent.
 * @param connect what makes the client, which is closed at the end
 * @throws {CertbotHaError} `config` for a bad key file
 */
export async function catchUp(
  cluster: Cluster,
  signal: AbortSignal,
  connect: (cluster: Cluster) => ChannelClient | Promise<ChannelClient> = connectLate,
): Promise<Behind> {
  const { config } = cluster;
  if (config.certificates.mode === 'per-node' || !abilitiesOf(config).hasAgents) return UP_TO_DATE;
  const client = await connect(cluster);
  try {
    const views = await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS));
    const lacking = await arrivalOf(await askForNewer(views, cluster, { client, signal }), cluster, signal);
    return { lacking, silent: views.filter((view) => !view.isReachable) };
  } finally {
    await client.close();
  }
}

/** What speaks to the peers is most of what `is-issuer` would load, and often nobody is asked. */
async function connectLate(cluster: Cluster): Promise<ChannelClient> {
  const { createClusterClient } = await import('../channel/client.ts');
  return createClusterClient(cluster);
}

/** What has been asked for: the newest generation of each lineage that some peer has newer. */
async function askForNewer(
  views: readonly PeerView[],
  cluster: Cluster,
  options: { readonly client: ChannelClient; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Generation>> {
  const wanted = new Map<string, Generation>();
  await Promise.all(
    views.map(async (view) => {
      const newer = view.isReachable ? await newerThan(cluster, view.installed) : [];
      for (const { lineage, leaf, number } of newer) {
        const theirs = { ...leaf, number };
        const other = wanted.get(lineage);
        if (other === undefined || compareAge(theirs, other) > 0) wanted.set(lineage, theirs);
      }
      if (newer.length > 0) await askToSync(view.node, cluster, options);
    }),
  );
  return wanted;
}

/** Waits for these generations. @returns the lineages that have not arrived when the signal aborts */
async function arrivalOf(
  wanted: ReadonlyMap<string, Generation>,
  { config }: Cluster,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lacking = new Map(wanted);
  while (lacking.size > 0 && !signal.aborted) {
    for (const [lineage, generation] of lacking) {
      const own = await currentGeneration(config.certificates.configDir, lineage);
      if (own !== null && compareAge(own, generation) >= 0) lacking.delete(lineage);
    }
    if (lacking.size > 0) await pause(POLL_EVERY_MS, signal);
  }
  return [...lacking.keys()];
}
