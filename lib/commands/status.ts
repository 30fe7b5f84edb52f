import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import type { ChannelClient } from '../channel/client.ts';
import { createClusterClient } from '../channel/cluster-client.ts';
import { readStatus } from '../channel/answers.ts';
import { STATUS } from '../channel/protocol.ts';
import type { Cluster } from '../config/cluster.ts';
import type { ClusterNode } from '../config/config.ts';
import { loadCluster } from '../config/load-cluster.ts';
import { createOwed } from '../delivery/owed.ts';
import { surveyLineages } from '../status/lineages.ts';
import { linesOf, type ClusterStatus, type NodeRow } from '../status/lines.ts';
import type { CommandIo } from './io.ts';

const TIMEOUT_MS = 6_000;
const WATCH_PAUSE_MS = 2_000;

/** `certbot-ha status`: 0 when every node that is not drained answered, else 1. */
export async function status(
  io: CommandIo,
  { json, watch }: { readonly json?: boolean | undefined; readonly watch?: boolean | undefined },
): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const client = createClusterClient(cluster);
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
  return { nodes, vips, lineages, owed: await createOwed(config.stateDir).list() };
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
