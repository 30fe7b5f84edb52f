import type { ClusterNode } from '../cluster/config.ts';
import type { Context } from './context.ts';
import { isReached } from './reached.ts';

/** Whether anything at all answers at a port of a host. */
export type Reaches = (host: string, port: number) => Promise<boolean>;

/** The peers that something can be got from now, in the order of the configuration: their agent answers, or their host does. */
export async function answeringPeers(
  { cluster: { peers }, agents }: Pick<Context, 'cluster' | 'agents'>,
  reaches: Reaches = isReached,
): Promise<readonly ClusterNode[]> {
  const told = (await agents()) ?? [];
  const isThere = async (peer: ClusterNode): Promise<boolean> => {
    const answer = told.find(({ node }) => node === peer)?.answer;
    if (answer !== undefined && (answer.isOk || answer.reason.code === 'key-mismatch')) return true;
    const ports = [peer.agentPort, peer.httpPort].map(async (port) => await reaches(peer.address, port));
    return (await Promise.all(ports)).includes(true);
  };
  const there = await Promise.all(peers.map(isThere));
  return peers.filter((_, at) => there[at]);
}
