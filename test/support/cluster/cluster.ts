import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test as base } from '../temporary.ts';
import { startAgent, type AgentProcess } from './agent-process.ts';
import { environmentOf, writeConfig } from './built.ts';
import { onGround, type Ground } from './ground.ts';
import { serveWebroot, type Site } from './site.ts';

export interface TestNode {
  readonly name: string;
  readonly address: string;
  readonly webroot: string;
  /** Names in its challenge directory, hidden ones too. */
  tokens(): Promise<readonly string[]>;
  startSite(): Promise<Site>;
  /** Its agent, on its address; ends with the test. */
  startAgent(): Promise<AgentProcess>;
}

/** Three nodes on loopback addresses with one configuration; nothing runs on them until it is started. */
export interface TestCluster {
  readonly directory: string;
  readonly nodes: readonly [TestNode, TestNode, TestNode];
  readonly keyFile: string;
  readonly stateDir: string;
  readonly configFile: string;
  readonly httpPort: number;
  readonly agentPort: number;
  /** of every node's admin listener, on its address */
  readonly adminPort: number;
  /** Writes the configuration, with top-level keys replaced. */
  configure(overrides?: object): Promise<void>;
  /** All sites, and the agents of the second and third node. */
  startAll(): Promise<readonly AgentProcess[]>;
  /** The environment of a program on a node. */
  envOf(node: Pick<TestNode, 'name'>): NodeJS.ProcessEnv;
  tokens(): Promise<readonly (readonly string[])[]>;
  /** What runs until the test is over. */
  readonly keep: Ground['keep'];
}

export { expect };

export const test = base.extend<{ readonly cluster: TestCluster }>({
  cluster: async ({ directory }, use) =>
    await onGround(directory, 3, async (ground) => await use(await clusterOn(ground))),
});

async function clusterOn(ground: Ground): Promise<TestCluster> {
  const { directory, ports, keyFile } = ground;
  const [stateDir, configFile] = [join(directory, 'state'), join(directory, 'config.yaml')];
  const [web1, web2, web3] = [
    await nodeOn(ground, 0, configFile),
    await nodeOn(ground, 1, configFile),
    await nodeOn(ground, 2, configFile),
  ];
  const nodes = [web1, web2, web3] as const;
  const configure = async (overrides: object = {}) =>
    await writeConfig(configFile, {
      nodes: Object.fromEntries(
        nodes.map(({ name, address, webroot }) => [
          name,
          { address, webroot, adminListen: `${address}:${ports.admin}` },
        ]),
      ),
      stateDir,
      gate: { timeout: 5, httpPort: ports.http },
      agent: { port: ports.agent, keyFile },
      certificates: { configDir: join(directory, 'letsencrypt') },
      ...overrides,
    });
  await configure();
  return {
    ...{ directory, nodes, keyFile, stateDir, configFile, configure, keep: ground.keep },
    ...{ httpPort: ports.http, agentPort: ports.agent, adminPort: ports.admin },
    envOf: ({ name }) => environmentOf(configFile, name),
    startAll: async () => {
      await Promise.all(nodes.map(async (node) => await node.startSite()));
      return await Promise.all([web2.startAgent(), web3.startAgent()]);
    },
    tokens: async () => await Promise.all(nodes.map(async (node) => await node.tokens())),
  };
}

async function nodeOn(
  { directory, addresses, ports, keep }: Ground,
  index: number,
  configFile: string,
): Promise<TestNode> {
  const [name, address = ''] = [`web${index + 1}`, addresses[index]];
  const webroot = join(directory, name);
  await mkdir(webroot);
  return {
    ...{ name, address, webroot },
    tokens: async () => await readdir(join(webroot, '.well-known/acme-challenge')).catch(() => []), // not made yet
    startSite: async () => keep(await serveWebroot(webroot, address, ports.http)),
    startAgent: async () => keep(await startAgent(environmentOf(configFile, name))),
  };
}
