import type { Config } from '../cluster/config.ts';
import { commandFor } from '../cluster/command-for.ts';
import { shellWord } from '../findings/area.ts';
import type { Told } from './agents-told.ts';
import { complaint, type Complaint } from './check.ts';

type Node = Told['node'];

const RESTART = 'systemctl restart certbot-ha-agent';

/**
 * What is wrong with the key, and where. An agent refuses this node's key because the files differ, or because it, or the one here, has not
 * read its own again. Which it is, only the files tell: they are compared first, and none is replaced before.
 */
export function keyComplaints(told: readonly Told[], config: Config): readonly Complaint[] {
  const refusing = told.filter(({ answer }) => !answer.isOk && answer.reason.code === 'key-mismatch');
  const taking = told.filter(({ answer }) => answer.isOk);
  const self = told.find(({ isSelf }) => isSelf);
  const isStale = self !== undefined && refusing.includes(self);
  const peers = refusing.filter(({ isSelf }) => !isSelf);
  const nodes = told.filter(({ isSelf }) => !isSelf).map(({ node }) => node);
  const differs = (on: Node, next: string) =>
    complaint('fail', { code: 'key-differs', file: config.agent.keyFile }, { on, next });
  // An agent of another node that takes the key of this file shows that the one here has not read it.
  const ownAgent = isStale
    ? [differs(self.node, taking.length > 0 || peers.length === 0 ? RESTART : compare(nodes, nodes, config))]
    : [];
  if (isStale && taking.length === 0) return ownAgent;
  const ofPeers = peers.map((one) => {
    const next = compare(nodes, [one.node], config);
    if (taking.length > refusing.length || isStale) return differs(one.node, next);
    return complaint('fail', reasonOf(one), { on: one.node, next });
  });
  return [...ownAgent, ...ofPeers];
}

function reasonOf({ answer }: Told) {
  if (answer.isOk) throw new TypeError('an agent that takes the key');
  return answer.reason;
}

/** All files, this node's first; and what is right where those of some nodes are as here, or are not. */
function compare(all: readonly Node[], refusing: readonly Node[], config: Config): string {
  const sum = `sha256sum ${shellWord(config.agent.keyFile)}`;
  const sums = [sum, ...all.map((node) => `ssh ${rootAt(node)} ${shellWord(sum)}`)].join('; ');
  const [first] = refusing;
  const restarts = [RESTART, ...refusing.map((node) => `ssh ${rootAt(node)} ${RESTART}`)].join('; ');
  const same = `where all are the same: ${restarts}`;
  if (first === undefined) return `${sums}  # ${same}`;
  const there = `where ${first.name} alone has another: ${carry(first, config)}`;
  return `${sums}  # ${same}; ${there}; where this node alone has another: ${fetch(first, config)}`;
}

/** What this node has goes there. The key is in no argument. */
function carry(node: Node, config: Config): string {
  const [ha, there] = [commandFor(config.file), rootAt(node)];
  return `${ha} init --export | ssh ${there} ${shellWord(`${ha} init --join --force`)} && ssh ${there} ${RESTART}`;
}

/** What that node has comes here, and takes the place of what is here. */
function fetch(node: Node, config: Config): string {
  return `${received(node, config)} --force && ${RESTART}`;
}

/** What that node has comes here, where there is none, and the units start with it. */
export function fetchMissing(node: Node, config: Config): string {
  return `${received(node, config)} --start`;
}

function received(node: Node, { file }: Config): string {
  const ha = commandFor(file);
  return `ssh ${rootAt(node)} ${shellWord(`${ha} init --export`)} | ${ha} init --join`;
}

function rootAt({ address }: Node): string {
  return shellWord(`root@${address}`);
}
