import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireDist } from '../lab/dist.ts';
import { startAgent, type AgentProcess } from './agent-process.ts';
import { freePort, loopbackAddresses } from './loopback.ts';
import { serveWebroot, type Site } from './site.ts';
import { expect, test as base } from './temporary.ts';

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

/** Three nodes on loopback addresses; nothing runs on them until it is started. */
export interface TestCluster {
  readonly directory: string;
  readonly nodes: readonly [TestNode, TestNode, TestNode];
  readonly keyFile: string;
  readonly stateDir: string;
  readonly configFile: string;
  readonly httpPort: number;
  readonly agentPort: number;
  /** Writes the configuration, with top-level keys replaced; JSON is YAML too. */
  configure(overrides?: object): Promise<void>;
  /** All sites, and the agents of the second and third node. */
  startAll(): Promise<readonly AgentProcess[]>;
  /** The environment of a program on a node. */
  envOf(node: TestNode): NodeJS.ProcessEnv;
  tokens(): Promise<readonly (readonly string[])[]>;
}

export { expect };
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

export const test = base.extend<{ readonly cluster: TestCluster }>({
  cluster: async ({ directory }, use) => {
    await requireDist();
    const ends: (() => Promise<void>)[] = [];
    await use(await createCluster(directory, ends));
    await Promise.all(ends.map(async (end) => await end()));
  },
});

async function createCluster(directory: string, ends: (() => Promise<void>)[]): Promise<TestCluster> {
  const addresses = loopbackAddresses(3);
  const [httpPort, agentPort] = [await freePort(addresses), await freePort(addresses)];
  const [keyFile, stateDir] = [join(directory, 'cluster.key'), join(directory, 'state')];
  const configFile = join(directory, 'config.yaml');
  await writeFile(keyFile, `${randomBytes(32).toString('hex')}\n`);
  await chmod(keyFile, 0o640);

  const envOf = ({ name }: Pick<TestNode, 'name'>) => ({
    PATH: process.env['PATH'],
    CERTBOT_HA_CONFIG: configFile,
    CERTBOT_HA_NODE: name,
  });
  const makeNode = async (name: string, address: string): Promise<TestNode> => {
    const webroot = join(directory, name);
    await mkdir(webroot);
    const keep = <T extends { close(): Promise<unknown> }>(thing: T): T => {
      ends.push(async () => void (await thing.close()));
      return thing;
    };
    return {
      name,
      address,
      webroot,
      tokens: async () => await readdir(join(webroot, '.well-known/acme-challenge')).catch(() => []), // not made yet
      startSite: async () => keep(await serveWebroot(webroot, address, httpPort)),
      startAgent: async () => keep(await startAgent(DIST, envOf({ name }))),
    };
  };
  const nodes = await Promise.all(
    ['web1', 'web2', 'web3'].map(async (name, index) => await makeNode(name, addresses[index] ?? '')),
  );
  const configure = async (overrides: object = {}) => {
    const config = {
      nodes: Object.fromEntries(nodes.map(({ name, address, webroot }) => [name, { address, webroot }])),
      stateDir,
      gate: { timeout: 5, httpPort },
      agent: { port: agentPort, keyFile },
      certificates: { configDir: join(directory, 'letsencrypt') },
      ...overrides,
    };
    await writeFile(configFile, JSON.stringify(config));
  };
  await configure();
  return {
    directory,
    nodes: nodes as unknown as TestCluster['nodes'],
    ...{ keyFile, stateDir, configFile, httpPort, agentPort, configure, envOf },
    startAll: async () => {
      await Promise.all(nodes.map(async (node) => await node.startSite()));
      return await Promise.all(nodes.slice(1).map(async (node) => await node.startAgent()));
    },
    tokens: async () => await Promise.all(nodes.map(async (node) => await node.tokens())),
  };
}
