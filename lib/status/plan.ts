import type { Cluster } from '../cluster/cluster.ts';
import { renewalsOf, renewalTerms, type Renewal } from './late.ts';
import { lineagesIn } from './troubles.ts';
import type { ClusterStatus } from './nodes.ts';

/** Who renews, and when next; and who says so. */
export interface RenewalPlan {
  /** the node that has looked */
  readonly self: string;
  /** when it has, ISO 8601 */
  readonly at: string;
  readonly issuer: {
    readonly mode: 'shared' | 'per-node';
    /** `certificates.issuer`: vip, any or a node's name */
    readonly rule: string;
    /** the nodes that renew now by this rule; of two that hold the VIP, both */
    readonly nodes: readonly string[];
  };
  /** of each lineage */
  readonly renewals: readonly Renewal[];
}

/** What `status --json` says of renewals. */
export async function renewalPlan(
  { config, self }: Cluster,
  { lineages, vips }: Pick<ClusterStatus, 'lineages' | 'vips'>,
  now: Date,
): Promise<RenewalPlan> {
  const { mode, issuer, configDir } = config.certificates;
  const rows = lineagesIn(lineages);
  const terms = await renewalTerms(
    configDir,
    rows.map(({ lineage }) => lineage),
  );
  const nodes = (): readonly string[] => {
    // Each has its own lineages, and this node sees no others.
    if (mode === 'per-node') return [self.name];
    if (issuer === 'any') return config.nodes.map(({ name }) => name);
    return issuer === 'vip' ? (vips[0]?.holders ?? []) : [issuer];
  };
  return {
    self: self.name,
    at: now.toISOString(),
    issuer: { mode, rule: issuer, nodes: nodes() },
    renewals: renewalsOf(rows, terms, now.getTime()),
  };
}
