import type { Config } from '../cluster/config.ts';
import { commandFor } from '../cluster/command-for.ts';
import { shellWord } from '../findings/area.ts';
import { typed, typedIf, type Step } from '../findings/step.ts';
import type { Told } from './agents-told.ts';
import { complaint, type Complaint } from './check.ts';
import type { Context } from './context.ts';
import { RESTART } from './next.ts';

type Node = Told['node'];

/** What this node works by. */
export type Here = Pick<Context, 'env'> & { readonly config: Config };

/**
 * What is wrong with the key, and where. An agent refuses this node's key because the files differ, or because it, or the one here, has not
 * read its own again. Which it is, only the files tell: they are compared first, and none is replaced before.
 */
export function keyComplaints(told: readonly Told[], here: Here): readonly Complaint[] {
  const refusing = told.filter(({ answer }) => !answer.isOk && answer.reason.code === 'key-mismatch');
  const taking = told.filter(({ answer }) => answer.isOk);
  const self = told.find(({ isSelf }) => isSelf);
  const isStale = self !== undefined && refusing.includes(self);
  const peers = refusing.filter(({ isSelf }) => !isSelf);
  // Of one that is down nothing can be read.
  const nodes = told.flatMap((one) =>
    !one.isSelf && (taking.includes(one) || refusing.includes(one)) ? [one.node] : [],
  );
  const differs = (on: Node, next: readonly Step[]) =>
    complaint('fail', { code: 'key-differs', file: here.config.agent.keyFile }, { on, next });
  // An agent of another node that takes the key of this file shows that the one here has not read it.
  const ownAgent = isStale
    ? [
        differs(
          self.node,
          taking.length > 0 || peers.length === 0 ? typed(RESTART) : compare(nodes, nodes, here),
        ),
      ]
    : [];
  if (isStale && taking.length === 0) return ownAgent;
  const ofPeers = peers.map((one) => {
    const next = compare(nodes, [one.node], here);
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
function compare(all: readonly Node[], refusing: readonly Node[], here: Here): readonly Step[] {
  const sum = `sha256sum ${shellWord(here.config.agent.keyFile)}`;
  const sums = typed([sum, ...all.map((node) => `ssh ${rootAt(node)} ${shellWord(sum)}`)].join('; '));
  const [first] = refusing;
  const restarts = [RESTART, ...refusing.map((node) => `ssh ${rootAt(node)} ${RESTART}`)].join('; ');
  const same = typedIf('where all are the same', restarts);
  if (first === undefined) return [...sums, ...same];
  const [there, taken] = [
    `${carry(first, here, '--force')} && ssh ${rootAt(first)} ${RESTART}`,
    `${fetch(first, here, '--force')} && ${RESTART}`,
  ];
  return [
    ...sums,
    ...same,
    ...typedIf(`where ${first.name} alone has another`, there),
    ...typedIf('where this node alone has another', taken),
  ];
}

/** What this node has goes there. The key is in no argument. */
export function carry(node: Node, { config, env }: Here, how: string): string {
  const ha = commandFor(config.file);
  // Who has to be told here has to be told there, and not that it is this one.
  const variable = env['CERTBOT_HA_NODE'] ? `CERTBOT_HA_NODE=${node.name} ` : '';
  return `${ha} init --export | ssh ${rootAt(node)} ${shellWord(`${variable}${ha} init --join ${how}`)}`;
}

/** What that node has comes here. */
export function fetch(node: Node, { config }: Here, how: string): string {
  const ha = commandFor(config.file);
  return `ssh ${rootAt(node)} ${shellWord(`${ha} init --export`)} | ${ha} init --join ${how}`;
}

function rootAt({ address }: Node): string {
  return shellWord(`root@${address}`);
}
