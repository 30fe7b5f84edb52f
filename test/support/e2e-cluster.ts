import { dirname, join } from 'node:path';
import type { Lab, LabNode } from '../lab/lab.ts';
import { eventually } from '../lab/eventually.ts';
import { placed } from './e2e-sites.ts';
import type { Undo } from './e2e-test.ts';

/** Changes the configuration on every node for a test. */
export async function configure(lab: Lab, undo: Undo, overrides: object): Promise<void> {
  undo(async () => await lab.configure(null, { restartAgents: false }));
  await lab.configure(lab.defaultConfig(overrides), { restartAgents: false });
}

/** The lab's nodes, the VIP on the first. */
export async function threeNodes(lab: Lab): Promise<readonly [LabNode, LabNode, LabNode]> {
  const [web1, web2, web3] = lab.nodes;
  if (web1 === undefined || web2 === undefined || web3 === undefined)
    throw new Error('fewer than three nodes');
  await lab.moveVip(web1);
  return [web1, web2, web3];
}

/** Another configuration of nginx on a node for a test, in the place of the lab's own for port 80. */
export async function serveInstead(lab: Lab, node: LabNode, undo: Undo, site: string): Promise<void> {
  const file = join(node.paths.nginxConfDir, 'http.conf');
  const before = await node.readFile(file);
  const put = async (content: string) => {
    await node.writeFile(file, content);
    await node.reloadNginx();
  };
  undo(async () => await put(before));
  await put(placed(lab, node, site));
}

/** Resolves when a hook on the node has begun to hold its gate: it writes its own tokens first. */
export async function gateBegins(node: LabNode): Promise<void> {
  await tokensOn(node);
}

/** Resolves when the node has a challenge's response. */
export async function tokensOn(node: LabNode): Promise<void> {
  const hasTokens = async () => (await node.tokens()).some((name) => !name.startsWith('.'));
  await eventually(hasTokens, { timeoutMs: 30_000, what: `a token on ${node.name}` });
}

/** How often the CA itself has asked the node's web server for a challenge's response. */
export async function caFetchesFrom(lab: Lab, node: LabNode): Promise<number> {
  const own = join(dirname(node.paths.nginxConfDir), 'access.log');
  const log = await node.readFile(lab.kind === 'booted' ? '/var/log/nginx/access.log' : own);
  return log.split('\n').filter((line) => /acme-challenge\/.*LetsEncrypt-Pebble-VA/.test(line)).length;
}
