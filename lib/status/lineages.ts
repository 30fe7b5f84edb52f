import { compareAge, type Leaf } from '../lineage/generation.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { nameBesideAddress, targetsOf, type Target } from '../cluster/target.ts';
import { servedCertificate } from '../gate/served-certificate.ts';
import { currentGeneration } from '../lineage/current.ts';
import { deadline } from '../system/deadline.ts';
import { listLineages } from '../lineage/list.ts';
import { installedOn } from '../peers/survey.ts';

/** What is known of a lineage at one target. */
export interface LineageRow {
  readonly lineage: string;
  readonly target: string;
  readonly address: string;
  /** of the newest generation that any node has; `unknown` where nobody tells, null for a VIP */
  readonly installed: 'newest' | 'older' | 'none' | 'unknown' | null;
  /** what a browser that asks for its first name is shown; `foreign`: a certificate for other names */
  readonly serves: 'newest' | 'another' | 'foreign' | 'nothing';
  /** the newest generation's begin, ISO 8601 */
  readonly notBefore: string;
  /** the newest generation's end, ISO 8601 */
  readonly notAfter: string;
}

const ASK_TIMEOUT_MS = 6_000;
/** A handshake has time-outs of its own; this is for many of them. */
const PROBE_TIMEOUT_MS = 15_000;

interface Known {
  readonly names: readonly string[];
  readonly leaf: Leaf;
  readonly number: number;
}

/** Every lineage of any node, and what each node and VIP has and serves of it. */
export async function surveyLineages(
  cluster: Cluster,
  client: ChannelClient,
  /** the names of the nodes whose agents answer */
  reachable: ReadonlySet<string>,
): Promise<readonly LineageRow[]> {
  const signal = deadline(ASK_TIMEOUT_MS);
  const { config, self } = cluster;
  const installed = new Map<string, ReadonlyMap<string, Known> | null>();
  installed.set(self.name, await ownLineages(config.certificates.configDir));
  await Promise.all(
    cluster.peers.map(async (peer) => {
      if (!reachable.has(peer.name)) return installed.set(peer.name, null);
      const answer = await installedOn(peer, client, signal);
      const list = answer.isOk ? new Map(answer.body.lineages.map((entry) => [entry.lineage, entry])) : null;
      return installed.set(peer.name, list);
    }),
  );
  const newest = newestOf([...installed.values()].filter((list) => list !== null));
  const probing = deadline(PROBE_TIMEOUT_MS);
  const targets = targetsOf(cluster).filter(({ isDrained }) => !isDrained);
  const rows = [...newest].flatMap(([lineage, known]) =>
    targets.map(async (target): Promise<LineageRow> => ({
      lineage,
      target: nameBesideAddress(target),
      address: target.address,
      installed: target.node === null ? null : compare(installed.get(target.name) ?? null, lineage, known),
      serves: await served(target, known, probing),
      notBefore: known.leaf.notBefore,
      notAfter: known.leaf.notAfter,
    })),
  );
  return await Promise.all(rows);
}

async function ownLineages(configDir: string): Promise<ReadonlyMap<string, Known>> {
  const own = new Map<string, Known>();
  for (const lineage of await listLineages(configDir)) {
    const here = await currentGeneration(configDir, lineage);
    if (here !== null) own.set(lineage, { names: here.names, leaf: here, number: here.number });
  }
  return own;
}

function newestOf(lists: readonly ReadonlyMap<string, Known>[]): ReadonlyMap<string, Known> {
  const newest = new Map<string, Known>();
  for (const [lineage, known] of lists.flatMap((list) => [...list])) {
    const other = newest.get(lineage);
    if (
      other === undefined ||
      compareAge({ ...known.leaf, number: known.number }, { ...other.leaf, number: other.number }) > 0
    )
      newest.set(lineage, known);
  }
  return newest;
}

function compare(
  list: ReadonlyMap<string, Known> | null,
  lineage: string,
  newest: Known,
): LineageRow['installed'] {
  if (list === null) return 'unknown';
  const own = list.get(lineage);
  if (own === undefined) return 'none';
  return own.leaf.sha256 === newest.leaf.sha256 ? 'newest' : 'older';
}

async function served(
  target: Target,
  { names, leaf }: Known,
  signal: AbortSignal,
): Promise<LineageRow['serves']> {
  const [name = ''] = names;
  const { kind } = await servedCertificate(target, { sha256: leaf.sha256, name, keyType: null }, signal);
  switch (kind) {
    case 'wanted':
      return 'newest';
    case 'another':
    case 'foreign':
      return kind;
    case 'none':
    case 'unknown':
      return 'nothing';
  }
}
