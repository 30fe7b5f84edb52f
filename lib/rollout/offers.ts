import { lineOf } from '../findings/words.ts';
import { print } from '../base/print.ts';
import { printExpected } from '../base/report-error.ts';
import type { HookIo } from '../base/io.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { checkBundle } from '../lineage/check-bundle.ts';
import { collectBundle } from '../lineage/collect.ts';
import { isOurs } from '../lineage/list.ts';
import type { PeerView } from '../peers/survey.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import { LIMITS } from '../system/limits.ts';
import type { TimeLimit } from '../system/time-limit.ts';
import { recordCurrent } from './record-current.ts';

/** A lineage that this node has to give. */
export interface Offer {
  readonly bundle: Bundle;
  /** it, as this node has it installed */
  readonly record: InstalledRecord;
  /** it was issued here, and has come to the others from here; or where it was issued is no node any more */
  readonly isOrigin: boolean;
}

export interface OffersOptions {
  readonly cluster: Cluster;
  readonly records: Records;
  /** what the peers say */
  readonly views: readonly PeerView[];
  readonly io: Pick<HookIo, 'out' | 'err'>;
  /** for the installer's lock, which all of them wait for together */
  readonly limit: TimeLimit;
}

/**
 * What this node has to give of these lineages; `isWhole` is false where one of them is not sound.
 * What it gives is recorded as installed here.
 */
export async function offersOf(
  lineages: readonly string[],
  options: OffersOptions,
): Promise<{ readonly offers: readonly Offer[]; readonly isWhole: boolean }> {
  const offers: Offer[] = [];
  let isWhole = true;
  const { signal } = options.limit;
  for (const lineage of lineages) {
    if (signal?.aborted) return { offers, isWhole: false };
    try {
      const offer = await offerOf(lineage, options);
      if (offer !== null) offers.push(offer);
    } catch (error) {
      printExpected(error, options.io.err, `${lineage}: not delivered: `);
      isWhole = false;
    }
  }
  return { offers, isWhole };
}

/** Null where it is not certbot-ha's affair, over, or another node's to bring. @throws {CertbotHaError} `failed` when it is not sound */
async function offerOf(
  lineage: string,
  { cluster, records, views, io, limit }: OffersOptions,
): Promise<Offer | null> {
  const { config, self } = cluster;
  const { configDir } = config.certificates;
  if (!(await isOurs(configDir, lineage))) return null;
  const bundle = await collectBundle(configDir, lineage, self.name);
  const { notAfter } = bundle.manifest.leaf;
  if (Date.parse(notAfter) <= Date.now()) {
    print(io.out, { code: 'lineage-expired', lineage, notAfter });
    return null;
  }
  const checked = await checkBundle(bundle, new Date());
  if ('problems' in checked) throw new CertbotHaError('failed', checked.problems);
  const record = await recordCurrent(bundle, { config, records, views, isIssued: false, limit });
  if (isUnderWay(record, cluster)) {
    io.out(lineOf({ code: 'rolled-out-elsewhere', lineage, from: record.from }));
    return null;
  }
  return { bundle, record, isOrigin: isOrigin(record, cluster, views) };
}

/** Who looks whether the others serve it: the node it has come from or, where that is no node any more, the first by name that can. */
function isOrigin({ from }: InstalledRecord, { self, peers }: Cluster, views: readonly PeerView[]): boolean {
  if (from === self.name) return true;
  if (peers.some(({ name }) => name === from)) return false;
  // Who is silent, or drained, looks after nothing; without agents nobody knows who is silent.
  const isSilent = (node: ClusterNode) => views.some((view) => view.node === node && !view.isReachable);
  const able = peers.filter((node) => !node.isDrained && !isSilent(node)).map(({ name }) => name);
  const isAble = !self.isDrained || able.length === 0;
  return isAble && able.every((name) => self.name < name);
}

/** Whether another node from which it came a moment ago is still rolling it out in its order: who goes ahead would get round the canary. */
function isUnderWay({ from, installedAt }: InstalledRecord, { config, self }: Cluster): boolean {
  const ageMs = Date.now() - Date.parse(installedAt);
  // Less than 0 after the clock was put back.
  return from !== self.name && ageMs >= 0 && ageMs < config.gate.timeoutMs + LIMITS.turnMs;
}
