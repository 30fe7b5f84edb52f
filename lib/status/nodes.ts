import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';
import type { ChannelClient } from '../channel/client.ts';
import type { NodeStatus } from '../channel/protocol.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Finding, FindingOf } from '../findings/register.ts';
import { heldHere } from '../cluster/vips.ts';
import { holdersAmong } from '../peers/holdings.ts';
import { severalAccounts } from '../lineage/accounts.ts';
import { listLineages } from '../lineage/list.ts';
import { lostAccounts } from '../lineage/lost-account.ts';
import type { FileSystem } from '../system/file-system.ts';
import { orNone } from '../system/read-file.ts';
import { cliIniOverrides } from '../lineage/overrides.ts';
import { MAX_AGENTS_AT_ONCE } from '../net/connections.ts';
import { statusOf } from '../peers/survey.ts';
import type { Outstanding } from '../state/outstanding.ts';
import type { State } from '../state/state.ts';
import { lostConfs } from './lost-confs.ts';
import { mountMissing, withFileSystems } from './shared-webroot.ts';
import type { DeletionRow } from './deletions.ts';
import { askInTurn, type SurveyOptions } from './in-turn.ts';
import type { LineageRow } from './lineage-row.ts';
import { surveyLineages } from './lineages.ts';

/** After its start a node has this long to look: its timer waits as well. */
const SETTLED_S = 900;

/** What is known of a node. */
export interface NodeRow {
  readonly node: string;
  readonly address: string;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  readonly agent: 'reachable' | 'unreachable';
  /** why it is unreachable, or does not tell what it has installed or what lies in its webroot */
  readonly reason: Finding | null;
  readonly version: string | null;
  readonly heldVips: readonly string[];
  /** responses to challenges in its webroot; null when its agent cannot tell */
  readonly challenges: number | null;
  /** when notify has looked at the cluster there; null: never; absent: it need not have yet, or that is not told */
  readonly lookedSecondsAgo?: number | null;
  /** what its webroot is on, where nodes share one; absent: they do not, or that is not known */
  readonly fileSystem?: FileSystem;
}

/** Who says to hold a VIP. */
export interface VipRow {
  readonly address: string;
  /** null: no reachable node does */
  readonly holder: string | null;
  /** one, unless keepalived is in trouble or the VIP is just moving */
  readonly holders: readonly string[];
}

/** What `certbot-ha status` shows. */
export interface ClusterStatus {
  readonly nodes: readonly NodeRow[];
  readonly vips: readonly VipRow[];
  readonly lineages: readonly LineageRow[];
  /** what this node has still to deliver */
  readonly outstanding: readonly Outstanding[];
  /** what certificates.lineages names and no node that answers has; accounts that no lineage of ours uses */
  readonly notes: readonly Finding[];
  /** what makes certbot renew otherwise on this node than its lineages say, or not at all */
  readonly overrides: readonly Finding[];
  /** where two ACME accounts of a CA renew lineages of ours, or one that does is lost */
  readonly accounts: readonly Finding[];
  /** what was deleted on one node alone, and what is still to be deleted here */
  readonly deletions: readonly DeletionRow[];
}

/** Asks every node, self's own agent too, and looks at every node and VIP. */
export async function surveyCluster(
  cluster: Cluster,
  client: ChannelClient,
  { outstanding, records }: Pick<State, 'outstanding' | 'records'>,
  env: NodeJS.ProcessEnv,
  options: SurveyOptions = {},
): Promise<ClusterStatus> {
  const { config, self } = cluster;
  const { isRoot = true } = options;
  const seen = await Promise.all(
    config.nodes.map(async (node) => ({ node, row: await askNode(node, cluster, { client, options }) })),
  );
  const holdings = seen.map(({ node, row }) => ({
    node,
    // Of itself a node knows it without its agent.
    heldVips: node === self && row.agent === 'unreachable' ? heldHere(cluster) : row.heldVips,
  }));
  const vips = config.vips.map((address): VipRow => {
    const holders = holdersAmong(holdings, address).map(({ name }) => name);
    return { address, holder: holders[0] ?? null, holders };
  });
  const asked = await withFileSystems(
    cluster,
    seen.map(({ row }) => row),
  );
  const reachable = new Set(asked.filter(({ agent }) => agent === 'reachable').map(({ node }) => node));
  const {
    rows: lineages,
    untold,
    deletions,
  } = await surveyLineages(cluster, { client, records }, reachable, options);
  // Where the transport does without agents, none may run: then each node tells what it sees by itself.
  const isAlone = reachable.size === 0 && !abilitiesOf(config).hasAgents;
  const nodes = asked.map((row) => {
    const reason = isAlone ? null : row.reason;
    const unmounted = mountMissing(config, row, asked);
    return { ...row, reason: reason ?? untold.get(row.node) ?? unmounted };
  });
  const { configDir, mode } = config.certificates;
  const overrides = [
    ...(await (isRoot ? cliIniOverrides(configDir, env) : orNone(cliIniOverrides(configDir, env), []))),
    ...(mode === 'shared' ? await lostConfs(configDir, new Set(lineages.map(({ lineage }) => lineage))) : []),
  ];
  const several = mode === 'shared' ? await severalAccounts(configDir) : [];
  const lost =
    mode === 'shared' ? await lostAccounts(configDir, await orNone(listLineages(configDir), [])) : [];
  const accounts = [...several.filter(isInUse), ...lost];
  const notes = [...unknownIn(cluster, lineages), ...several.filter((found) => !isInUse(found))];
  return {
    nodes,
    vips,
    lineages,
    deletions,
    outstanding: await outstanding.list(),
    notes,
    overrides,
    accounts,
  };
}

/** More than one of them: a lineage is renewed by another account than the first, which is in use before all others. */
function isInUse({ lineages }: FindingOf<'accounts-several'>): boolean {
  return lineages.length > 0;
}

/** Told and no trouble: it may not be issued yet. */
function unknownIn({ config }: Cluster, rows: readonly LineageRow[]): readonly Finding[] {
  const known = new Set(rows.map(({ lineage }) => lineage));
  return Object.keys(config.certificates.lineages)
    .filter((lineage) => !known.has(lineage))
    .map((lineage) => ({ code: 'lineage-not-known', lineage, file: config.file }));
}

async function askNode(
  node: ClusterNode,
  { self, config }: Cluster,
  { client, options }: { readonly client: ChannelClient; readonly options: SurveyOptions },
): Promise<NodeRow> {
  const isSelf = node === self;
  // Peers are asked for their lineages next, which takes no other connection where all of them may be kept.
  const isLast =
    isSelf || config.certificates.mode === 'per-node' || config.nodes.length > MAX_AGENTS_AT_ONCE;
  const answer = await askInTurn(options, async (signal) => await statusOf(node, client, signal, isLast));
  const { uptimeSeconds = 0, lookedSecondsAgo, fileSystem } = answer.isOk ? answer.body : {};
  return {
    node: node.name,
    address: node.address,
    isSelf,
    isDrained: node.isDrained,
    agent: answer.isOk ? 'reachable' : 'unreachable',
    reason: answer.isOk ? webrootTrouble(node, answer.body) : answer.reason,
    version: answer.isOk ? answer.body.version : null,
    heldVips: answer.isOk ? answer.body.vips : [],
    challenges: answer.isOk ? answer.body.challenges : null,
    ...(fileSystem && { fileSystem }),
    ...(lookedSecondsAgo !== undefined && uptimeSeconds >= SETTLED_S && { lookedSecondsAgo }),
  };
}

/** Of an agent that answers: why it takes no challenges. */
function webrootTrouble({ webroot }: ClusterNode, { challenges }: NodeStatus): Finding | null {
  return challenges === null
    ? { code: 'file-system-silent', place: join(webroot, TOKENS_BELOW_WEBROOT) }
    : null;
}
