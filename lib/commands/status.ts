import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { createChannelClient, type ChannelClient } from '../channel/client.ts';
import { readStatus } from '../channel/answers.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { STATUS } from '../channel/protocol.ts';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { loadCluster } from '../config/load-cluster.ts';
import { surveyLineages, type LineageRow } from '../status/lineages.ts';
import { tableLines } from '../terminal/table.ts';
import type { CommandIo } from './io.ts';

interface NodeRow {
  readonly node: string;
  readonly address: string;
  readonly isSelf: boolean;
  readonly isDrained: boolean;
  readonly agent: 'reachable' | 'unreachable';
  /** why it is unreachable */
  readonly reason: string | null;
  readonly version: string | null;
  readonly heldVips: readonly string[];
  /** responses to challenges in its webroot; null when its agent cannot tell */
  readonly challenges: number | null;
}

interface ClusterStatus {
  readonly nodes: readonly NodeRow[];
  /** who says to hold it; null: no reachable node does */
  readonly vips: readonly { readonly address: string; readonly holder: string | null }[];
  readonly lineages: readonly LineageRow[];
}

const TIMEOUT_MS = 6_000;
const WATCH_PAUSE_MS = 2_000;

/** `certbot-ha status`: 0 when every node that is not drained answered, else 1. */
export async function status(
  io: CommandIo,
  { json, watch }: { readonly json?: boolean | undefined; readonly watch?: boolean | undefined },
): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const client = createChannelClient(cluster.self.name, readKeyFile(cluster.config.agent.keyFile));
  try {
    if (watch) return await keepShowing(io, cluster, client);
    const seen = await ask(cluster, client);
    if (json) io.out(JSON.stringify(seen, null, 2));
    else for (const line of linesOf(seen)) io.out(line);
    return isWhole(seen) ? 0 : 1;
  } finally {
    await client.close();
  }
}

async function keepShowing(io: CommandIo, cluster: Cluster, client: ChannelClient): Promise<0 | 1> {
  const signal = io.interruption();
  const screen = io.isTerminal ? createLogUpdate(process.stdout) : null;
  for (;;) {
    const seen = await ask(cluster, client);
    const lines = linesOf(seen);
    if (screen) screen(lines.join('\n'));
    else for (const line of lines) io.out(line);
    const isOver = await sleep(WATCH_PAUSE_MS, false, { signal }).catch(() => true); // only the signal ends it
    if (!isOver) continue;
    screen?.done();
    return isWhole(seen) ? 0 : 1;
  }
}

async function ask(cluster: Cluster, client: ChannelClient): Promise<ClusterStatus> {
  const { config, self } = cluster;
  const nodes = await Promise.all(
    config.nodes.map(async (node) => await askNode(node, node === self, client)),
  );
  const vips = config.vips.map((address) => ({
    address,
    holder: nodes.find(({ heldVips }) => heldVips.includes(address))?.node ?? null,
  }));
  const reachable = new Set(nodes.filter(({ agent }) => agent === 'reachable').map(({ node }) => node));
  const lineages = await surveyLineages(cluster, client, reachable);
  return { nodes, vips, lineages };
}

async function askNode(node: ClusterNode, isSelf: boolean, client: ChannelClient): Promise<NodeRow> {
  const answer = await client.request(node, 'GET', STATUS, {
    read: readStatus,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return {
    node: node.name,
    address: node.address,
    isSelf,
    isDrained: node.isDrained,
    agent: answer.isOk ? 'reachable' : 'unreachable',
    reason: answer.isOk ? null : answer.reason,
    version: answer.isOk ? answer.body.version : null,
    heldVips: answer.isOk ? answer.body.vips : [],
    challenges: answer.isOk ? answer.body.challenges : null,
  };
}

function isWhole({ nodes }: ClusterStatus): boolean {
  return nodes.every(({ agent, isDrained }) => isDrained || agent === 'reachable');
}

function linesOf({ nodes, vips, lineages }: ClusterStatus): readonly string[] {
  const rows = nodes.map((row) => [
    row.node + (row.isSelf ? ' (self)' : ''),
    row.address,
    row.heldVips.join(', ') || '-',
    row.agent + (row.version === null ? '' : ` ${row.version}`),
    row.challenges === null ? '-' : String(row.challenges),
    [row.isDrained ? 'drained' : null, row.reason].filter((note) => note !== null).join('; '),
  ]);
  const orphans = vips.filter(({ holder }) => holder === null);
  return [
    ...tableLines(['NODE', 'ADDRESS', 'HOLDS', 'AGENT', 'CHALLENGES', 'NOTE'], rows),
    ...orphans.map(({ address }) => `vip ${address}: no node that answers says it holds it`),
    ...(lineages.length === 0 ? [] : ['', ...lineageTable(lineages)]),
  ];
}

function lineageTable(rows: readonly LineageRow[]): readonly string[] {
  return tableLines(
    ['LINEAGE', 'TARGET', 'ADDRESS', 'INSTALLED', 'SERVES', 'NOT AFTER'],
    rows.map((row) => [
      row.lineage,
      row.target,
      row.address,
      row.installed ?? '-',
      row.serves,
      row.notAfter.slice(0, 10),
    ]),
  );
}
