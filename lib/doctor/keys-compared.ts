import type { Config } from '../cluster/config.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { shellWord } from '../findings/area.ts';
import type { Told } from './agents-told.ts';
import { complaint, type Complaint } from './check.ts';

const RESTART = 'systemctl restart certbot-ha-agent';

/**
 * What is wrong with the key, and where. Whose key is the right one, nobody can say but by numbers: the key that most agents have is
 * carried to the others, and a copy of what is replaced stays there.
 */
export function keyComplaints(told: readonly Told[], config: Config): readonly Complaint[] {
  const refusing = told.filter(({ answer }) => !answer.isOk && answer.reason.code === 'key-mismatch');
  const taking = told.filter(({ answer }) => answer.isOk);
  const self = told.find(({ isSelf }) => isSelf);
  const peers = refusing.filter(({ isSelf }) => !isSelf);
  const { keyFile: file } = config.agent;
  const differs = (on: Told['node'], next: string) =>
    complaint('fail', { code: 'key-differs', file }, { on, next });
  const isStale = self !== undefined && refusing.includes(self);
  if (isStale && taking.length > 0) {
    return [differs(self.node, RESTART), ...peers.map(({ node }) => differs(node, carry(node, config)))];
  }
  const [first] = peers;
  if (self !== undefined && first !== undefined && refusing.length > taking.length) {
    return [differs(self.node, fetch(first.node, config))];
  }
  if (taking.length > refusing.length) return peers.map(({ node }) => differs(node, carry(node, config)));
  return peers.map((one) => compared(one, config));
}

/** What this node has goes there. The key is in no argument. */
function carry(node: Told['node'], config: Config): string {
  const [ha, there] = [commandFor(config), rootAt(node)];
  return `${ha} init --export | ssh ${there} ${shellWord(`${ha} init --join --force`)} && ssh ${there} ${RESTART}`;
}

/** What that node has comes here, and takes the place of what is here. */
function fetch(node: Told['node'], config: Config): string {
  return `${fetchMissing(node, config, ' --force')} && ${RESTART}`;
}

/** What that node has comes here, where there is none. */
export function fetchMissing(node: Told['node'], config: Config, option = ''): string {
  const ha = commandFor(config);
  return `ssh ${rootAt(node)} ${shellWord(`${ha} init --export`)} | ${ha} init --join${option}`;
}

/** One against one: neither is replaced. */
function compared({ node, answer }: Told, config: Config): Complaint {
  if (answer.isOk) throw new TypeError('an agent that takes the key');
  const file = shellWord(config.agent.keyFile);
  const compare = `sha256sum ${file}; ssh ${rootAt(node)} ${shellWord(`sha256sum ${file}`)}`;
  const next = `${compare}  # they have to be the same; to carry this node's there: ${carry(node, config)}`;
  return complaint('fail', answer.reason, { on: node, next });
}

function commandFor({ file }: Config): string {
  return file === DEFAULT_CONFIG_FILE ? 'certbot-ha' : `certbot-ha --config ${shellWord(file)}`;
}

function rootAt({ address }: Told['node']): string {
  return shellWord(`root@${address}`);
}
