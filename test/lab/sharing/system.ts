import type { LabNode } from '../contract.ts';
import { eventually } from '../eventually.ts';

/** The nodes that a system is measured on. */
export type Three = readonly [LabNode, LabNode, LabNode];

/** A way to have one challenge directory on several nodes, as it is set up in the field. */
export interface SharingSystem {
  /** Its word on the command line. */
  readonly name: string;
  readonly title: string;
  /** Debian packages that it needs besides the lab's. */
  readonly packages: readonly string[];
  /** It has a server that is none of the nodes: the lab's fourth host. */
  readonly hasServer: boolean;
  /** Resolves when what one node writes into its webroot can be seen by the others. The nodes, and the server if there is one. */
  start(nodes: Three, server: LabNode | undefined): Promise<Sharing>;
}

export interface Sharing {
  /** What its own program says it is. */
  readonly version: string;
  /** What certbot-ha is configured with on top of it. */
  readonly onTop: object;
  /** What the field's auth hook runs after it has written `$1`, on this node; absent: certbot writes with `--webroot`. */
  readonly push?: (node: LabNode) => string;
  /** The same after it has removed `$1`. */
  readonly remove?: (node: LabNode) => string;
  /** One in so many rounds is measured where each takes long, and one in so many issuances where two do not go together. Default 1: all. */
  readonly oneIn?: number;
  /** false: two runs of it on two nodes do not go together. */
  readonly isConcurrent?: boolean;
  /** true: it is certbot-ha's agents that carry. For all others they are stopped, or they would carry in its place. */
  readonly isByAgents?: boolean;
}

/** The challenge directory on a node. */
export const challengesOf = ({ paths }: LabNode) => `${paths.webroot}/.well-known/acme-challenge`;

export const others = (nodes: readonly LabNode[], node: LabNode) => nodes.filter((one) => one !== node);

/** As `certbot-ha init` does it: the agent removes what was forgotten there. */
export async function makeChallenges(node: LabNode): Promise<void> {
  await sh(
    node,
    `install -d -o certbot-ha -g certbot-ha ${node.paths.webroot}/.well-known ${challengesOf(node)}`,
  );
}

/** Runs lines in a shell that ends with the first that fails. Gives what they print, trimmed. */
export async function sh(node: LabNode, script: string, timeoutMs = 120_000): Promise<string> {
  const argv = ['bash', '--norc', '-euc', script];
  return (await node.check(argv, { timeoutMs, env: { HOME: '/root' } })).trim();
}

/** A program of it that stays, as a unit of the host's systemd, with these settings of `[Service]`. */
export async function startUnit(
  node: LabNode,
  unit: string,
  argv: readonly string[],
  settings: readonly string[] = [],
): Promise<void> {
  const properties = settings.map((setting) => `--property=${setting}`);
  const run = ['systemd-run', '--quiet', `--unit=lab-${unit}`, '--setenv=HOME=/root', ...properties];
  await node.check([...run, ...argv]);
}

/** What a unit of `startUnit` has said last, and whether it runs. */
export async function saidBy(node: LabNode, unit: string): Promise<string> {
  const script = `systemctl is-active lab-${unit} || true; journalctl --no-pager -o cat -n 20 -u lab-${unit}`;
  return `${node.name}: ${await sh(node, script)}`;
}

/** Resolves when the command ends with 0. */
export async function until(node: LabNode, what: string, script: string, timeoutMs = 120_000): Promise<void> {
  const ends = async () => (await node.run(['bash', '--norc', '-c', script], { timeoutMs })).code === 0;
  await eventually(ends, { timeoutMs, everyMs: 200, what: `${node.name}: ${what}` });
}

/** `/dev/fuse`, which a host of the lab has not. */
export const FUSE_DEVICE = 'mknod -m 666 /dev/fuse c 10 229';
