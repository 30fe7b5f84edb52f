import { setTimeout as sleep } from 'node:timers/promises';
import { compareAge, type Generation } from '../bundle/bundle.ts';
import type { ChannelClient } from '../channel/client.ts';
import { SYNC_REQUESTS } from '../channel/protocol.ts';
import type { Cluster } from '../config/cluster.ts';
import { CertbotHaError } from '../errors.ts';
import { heldHere, surveyPeers, type PeerView } from '../delivery/survey.ts';
import { generationHere } from '../lineage/here.ts';
import { within } from '../process/within.ts';
import { askForHolder, type Holder } from './holder.ts';

/** Whether this node is to renew now, and why, in a line for the journal. */
export interface Issuership {
  readonly isIssuer: boolean;
  readonly reason: string;
}

/**
 * The rule of `certificates.issuer`, by what the configuration and this machine's interfaces say.
 * @param holder who else has the VIP, for the reason alone
 * @throws {CertbotHaError} `config` for issuer vip without a VIP
 */
export function issuershipOf(cluster: Cluster, holder: Holder = 'unknown'): Issuership {
  const { config, self } = cluster;
  const { mode, issuer } = config.certificates;
  if (mode === 'per-node')
    return { isIssuer: true, reason: `${self.name} renews: certificates.mode is per-node` };
  if (issuer === 'any') return { isIssuer: true, reason: `${self.name} renews: certificates.issuer is any` };
  if (issuer === 'vip') {
    const [vip] = config.vips;
    // Only who is to renew asks for it: a cluster without VIPs does everything else all the same.
    if (vip === undefined) {
      throw new CertbotHaError(
        'config',
        `${config.file}: certificates.issuer: expected any or a node name where vips is empty, got "vip"`,
      );
    }
    return heldHere(cluster).includes(vip)
      ? { isIssuer: true, reason: `${self.name} renews: it holds the VIP ${vip}` }
      : { isIssuer: false, reason: `${self.name} does not renew: ${whoHolds(vip, holder)}` };
  }
  return issuer === self.name
    ? { isIssuer: true, reason: `${self.name} renews: it is certificates.issuer` }
    : { isIssuer: false, reason: `${self.name} does not renew: certificates.issuer is ${issuer}` };
}

function whoHolds(vip: string, holder: Holder): string {
  if (holder === 'unknown') return `this node does not hold the VIP ${vip}`;
  if (holder === 'none') return `no node that answers holds the VIP ${vip}`;
  return `${holder.name} holds the VIP ${vip}`;
}

/** The same with the holder's name, where the peers tell it within some seconds. */
export async function askForIssuership(cluster: Cluster): Promise<Issuership> {
  const issuership = issuershipOf(cluster);
  const { config } = cluster;
  const [vip] = config.vips;
  if (issuership.isIssuer || config.certificates.issuer !== 'vip' || vip === undefined) return issuership;
  return issuershipOf(cluster, await askForHolder(cluster, vip));
}

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
        const own = await generationHere(configDir, lineage);
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
      const own = await generationHere(configDir, lineage);
      if (own !== null && compareAge(own, generation) >= 0) wanted.delete(lineage);
    }
    if (wanted.size > 0) await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
  }
  return { lacking: [...wanted.keys()], silent: views.filter((view) => !view.isReachable) };
}
