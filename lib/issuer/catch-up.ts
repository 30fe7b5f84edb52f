import { compareAge, type Generation } from '../lineage/generation.ts';
import type { ChannelClient } from '../channel/client.ts';
import { SYNC_REQUESTS } from '../channel/protocol.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { surveyPeers, type PeerView } from '../peers/survey.ts';
import { currentGeneration } from '../lineage/current.ts';
import { within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';

/** What catching up has not come to. */
export interface Behind {
  /** the lineages that have not arrived */
  readonly lacking: readonly string[];
  /** the peers that have not told what they have */
  readonly silent: readonly Extract<PeerView, { readonly isReachable: false }>[];
}

const POLL_EVERY_MS = 250;
/** One peer that gives no answer must not use up the others' time. */
const SURVEY_TIMEOUT_MS = 8_000;

/**
 * Asks the peers for lineages that are newer there, and waits until they have arrived or the signal
 * aborts, so that the one who renews continues from the newest generation.
 */
export async function catchUp(cluster: Cluster, client: ChannelClient, signal: AbortSignal): Promise<Behind> {
  const { configDir } = cluster.config.certificates;
  const wanted = new Map<string, Generation>();
  const views = await surveyPeers(cluster, client, within(signal, SURVEY_TIMEOUT_MS));
  await Promise.all(
    views.map(async (view) => {
      if (!view.isReachable) return;
      const lacking: string[] = [];
      for (const { lineage, leaf, number } of view.installed) {
        const theirs = { ...leaf, number };
        const own = await currentGeneration(configDir, lineage);
        if (own !== null && compareAge(theirs, own) <= 0) continue;
        lacking.push(lineage);
        const other = wanted.get(lineage);
        if (other === undefined || compareAge(theirs, other) > 0) wanted.set(lineage, theirs);
      }
      if (lacking.length === 0) return;
      const body = { node: cluster.self.name };
      await client.request(view.node, 'POST', SYNC_REQUESTS, { body, signal });
    }),
  );
  while (wanted.size > 0 && !signal.aborted) {
    for (const [lineage, generation] of wanted) {
      const own = await currentGeneration(configDir, lineage);
      if (own !== null && compareAge(own, generation) >= 0) wanted.delete(lineage);
    }
    if (wanted.size > 0) await pause(POLL_EVERY_MS, signal);
  }
  return { lacking: [...wanted.keys()], silent: views.filter((view) => !view.isReachable) };
}
