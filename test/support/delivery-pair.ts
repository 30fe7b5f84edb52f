import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { createRecords } from '../../lib/state/records.ts';
import { requireDist } from '../lab/dist.ts';
import { startAgent, type AgentProcess } from './agent-process.ts';
import { leafIn, NAME, writeIssuerTree } from './bundle-maker.ts';
import { renewalConf } from './bundle-conf.ts';
import { test as base, type Issued } from './certificates.ts';
import { freePort, loopbackAddresses } from './loopback.ts';
import { run, start, type Ended, type Running } from './program.ts';
import { DIST } from './test-cluster.ts';
import { serveTls } from './tls-site.ts';

export { expect } from './certificates.ts';

/** One of two nodes: an agent, an installer that watches, directories of its own, all from the built program. */
export interface PairNode {
  readonly name: string;
  readonly address: string;
  readonly configDir: string;
  readonly stateDir: string;
  /** certbot has these here, and the node has told so. */
  has(lineage: string, ...generations: readonly Issued[]): Promise<void>;
  command(...argv: readonly string[]): Promise<Ended>;
  /** The same, to be told something while it runs. */
  begin(...argv: readonly string[]): Running;
  startAgent(): Promise<AgentProcess>;
  startInstaller(): Promise<Running>;
  /** Serves what live shows of a lineage, as a web server that reloads at once. */
  serve(lineage: string, first: Issued): Promise<void>;
  /** Serves this certificate whatever live shows, as a web server that nobody reloads. */
  keepServing(issued: Issued): Promise<void>;
  leaf(lineage: string): Promise<string>;
  /** Who has asked to be brought up to date. */
  requests(): Promise<readonly string[]>;
}

export interface Pair {
  readonly web1: PairNode;
  readonly web2: PairNode;
}

export const test = base.extend<{ readonly pair: Pair }>({
  pair: async ({ directory }, use) => {
    await requireDist();
    const ends: (() => Promise<unknown>)[] = [];
    await use(await createPair(directory, ends));
    await Promise.all(ends.map(async (end) => await end()));
  },
});

async function createPair(directory: string, ends: (() => Promise<unknown>)[]): Promise<Pair> {
  const addresses = loopbackAddresses(2);
  const [agentPort, httpsPort] = [await freePort(addresses), await freePort(addresses)];
  const keyFile = join(directory, 'cluster.key');
  await writeFile(keyFile, randomBytes(32).toString('hex'));
  await chmod(keyFile, 0o640);
  const nodes = Object.fromEntries(addresses.map((address, index) => [`web${index + 1}`, address]));

  const createNode = async (name: string, address: string): Promise<PairNode> => {
    const at = (path: string) => join(directory, name, path);
    const [configDir, stateDir, configFile] = [at('letsencrypt'), at('state'), at('config.yaml')];
    for (const path of ['webroot', 'letsencrypt', 'state/inbox/bundles', 'state/inbox/activated']) {
      await mkdir(at(path), { recursive: true });
    }
    const config = {
      ...{ nodes, stateDir, webroot: at('webroot'), self: name },
      gate: { timeout: 8, httpsPort },
      agent: { port: agentPort, keyFile },
      certificates: { configDir, issuer: 'web1' },
      webServer: { kind: 'none' },
    };
    await writeFile(configFile, JSON.stringify(config));
    const env = { PATH: process.env['PATH'], CERTBOT_HA_CONFIG: configFile };
    const argvOf = (argv: readonly string[]) => [process.execPath, join(DIST, 'cli.js'), ...argv];
    return {
      ...{ name, address, configDir, stateDir },
      has: async (lineage, ...generations) => {
        // Nodes of one host differ in where their files lie, which only those lines tell.
        const conf = renewalConf({ configDir, lineage }).replaceAll(
          /^(?:archive_dir|cert|privkey|chain|fullchain) = .*\n/gm,
          '',
        );
        await writeIssuerTree(configDir, generations, { lineage, conf });
        const leaf = leafIn(generations.at(-1)?.certificate ?? '');
        const installedAt = new Date().toISOString();
        await createRecords(stateDir).writeInstalled({
          lineage,
          leaf,
          number: generations.length,
          names: [lineage],
          from: name,
          installedAt,
        });
      },
      command: async (...argv) => await run(argvOf(argv), { env }),
      begin: (...argv) => {
        const running = start(argvOf(argv), { env });
        ends.push(running.kill);
        return running;
      },
      startAgent: async () => {
        const agent = await startAgent(DIST, env);
        ends.push(agent.close);
        return agent;
      },
      startInstaller: async () => {
        const installer = start(argvOf(['install-lineage', '--watch']), { env });
        ends.push(installer.kill);
        return installer;
      },
      serve: async (lineage, first) => {
        const file = (part: string) => readFileSync(join(configDir, 'live', lineage, part));
        const site = await serveTls(first, {
          ...{ address, port: httpsPort },
          tls: {
            SNICallback: (_, done) =>
              done(null, createSecureContext({ cert: file('fullchain.pem'), key: file('privkey.pem') })),
          },
        });
        ends.push(async () => await site.close());
      },
      keepServing: async (issued) => {
        const site = await serveTls(issued, { address, port: httpsPort });
        ends.push(async () => await site.close());
      },
      leaf: async (lineage) =>
        leafIn(await readFile(join(configDir, 'live', lineage, 'cert.pem'), 'utf8')).sha256,
      // Nobody has yet, or it has asked itself at its start.
      requests: async () =>
        (await readdir(join(stateDir, 'requests')).catch(() => [])).filter((asking) => asking !== name),
    };
  };
  const [web1 = '', web2 = ''] = addresses;
  return { web1: await createNode('web1', web1), web2: await createNode('web2', web2) };
}

/** Forgets who has asked, as the agents do when they start. */
export async function clearRequests({ web1, web2 }: Pair): Promise<void> {
  for (const { stateDir } of [web1, web2])
    await rm(join(stateDir, 'requests'), { recursive: true, force: true });
}

export { NAME };
