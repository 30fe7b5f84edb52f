import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { createRecords } from '../../../lib/state/records.ts';
import { leafIn, NAME, writeIssuerTree } from '../lineage/bundle.ts';
import { test as base, type Issued } from '../lineage/certificates.ts';
import { OWN_HOOKS, renewalConf } from '../lineage/renewal-conf.ts';
import { clockAhead } from '../programs/clock.ts';
import { start, type Ended, type Running } from '../programs/program.ts';
import { startAgent, type AgentProcess } from './agent-process.ts';
import { DIST, environmentOf, startCli, writeConfig } from './built.ts';
import { onGround, type Ground } from './ground.ts';
import { serveTls } from './tls-site.ts';
import { noDamage } from '../no-damage.ts';

export { expect } from '../lineage/certificates.ts';
export { NAME };

/** One of two nodes: an agent, an installer that watches, directories of its own, all from the built program. */
export interface PairNode {
  readonly name: string;
  readonly address: string;
  readonly agentPort: number;
  readonly configDir: string;
  readonly stateDir: string;
  readonly webroot: string;
  /** of its programs */
  readonly env: NodeJS.ProcessEnv;
  /** what its agent shows people and programs of this host */
  readonly adminOrigin: string;
  /** How far its clock is ahead, as the programs see it that start from now on. */
  setClock(aheadMs: number): void;
  /** The version that its programs are of that start from now on; null: the one under test. */
  setVersion(dist: string | null): void;
  /** certbot has these here, and nobody has been told yet. */
  holds(lineage: string, ...generations: readonly Issued[]): Promise<void>;
  /** certbot's deploy hook. `before`: what stands before its command, such as strace. */
  deployHook(lineage: string, before?: readonly string[]): Promise<Ended>;
  /** The time of roll-outs from other nodes is over. */
  letRollOutsEnd(): Promise<void>;
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
  pair: async ({ directory }, use) =>
    await onGround(
      directory,
      2,
      async (ground) => await use({ web1: await nodeOn(ground, 0), web2: await nodeOn(ground, 1) }),
    ),
});

/** Forgets who has asked, as the agents do when they start. */
export async function clearRequests({ web1, web2 }: Pair): Promise<void> {
  for (const { stateDir } of [web1, web2])
    await rm(join(stateDir, 'requests'), { recursive: true, force: true });
}

/** @param gate on top of what the pair's configuration has there */
export async function nodeOn(ground: Ground, index: number, gate: object = {}): Promise<PairNode> {
  const { addresses, ports, keep } = ground;
  const [name, address = ''] = [`web${index + 1}`, addresses[index]];
  const { env, configDir, stateDir } = await furnish(ground, name, gate);
  let clock: NodeJS.ProcessEnv = {};
  let dist = DIST;
  const begin = (...argv: readonly string[]) => keep(startCli({ ...env, ...clock }, argv, dist));
  const holds: PairNode['holds'] = async (lineage, ...generations) => {
    await writeIssuerTree(configDir, generations, {
      lineage,
      conf: renewalConf({ configDir, lineage, params: OWN_HOOKS }),
    });
  };
  const live = (lineage: string, part: string) => join(configDir, 'live', lineage, part);
  return {
    ...{
      name,
      address,
      agentPort: ports.agent,
      configDir,
      stateDir,
      begin,
      holds,
      env,
      webroot: join(ground.directory, name, 'webroot'),
    },
    adminOrigin: `http://${address}:${ports.admin}`,
    setClock: (aheadMs) => {
      clock = clockAhead(aheadMs);
    },
    setVersion: (given) => {
      dist = given ?? DIST;
    },
    deployHook: async (lineage, before = []) => {
      const hook = { RENEWED_LINEAGE: join(configDir, 'live', lineage), RENEWED_DOMAINS: lineage };
      const argv = [...before, process.execPath, join(dist, 'hooks/deploy.js')];
      return await start(argv, { env: { ...env, ...clock, ...hook } }).ended;
    },
    letRollOutsEnd: async () => {
      const records = createRecords(stateDir, noDamage);
      for (const record of await records.installed()) {
        await records.writeInstalled({ ...record, installedAt: '2026-01-01T00:00:00.000Z' });
      }
    },
    has: async (lineage, ...generations) => {
      await holds(lineage, ...generations);
      const leaf = leafIn(generations.at(-1)?.certificate ?? '');
      const [number, installedAt] = [generations.length, new Date().toISOString()];
      const record = { lineage, leaf, number, names: [lineage], from: name, installedAt };
      await createRecords(stateDir, noDamage).writeInstalled(record);
    },
    command: async (...argv) => await startCli({ ...env, ...clock }, argv, dist).ended,
    startAgent: async () => keep(await startAgent({ ...env, ...clock }, dist)),
    startInstaller: async () => begin('install-lineage', '--watch'),
    serve: async (lineage, first) => {
      const file = (part: string) => readFileSync(live(lineage, part));
      const now = () => createSecureContext({ cert: file('fullchain.pem'), key: file('privkey.pem') });
      const tls = { SNICallback: (_: string, done: Told) => done(null, now()) };
      keep(await serveTls(first, { address, port: ports.https, tls }));
    },
    keepServing: async (issued) => {
      keep(await serveTls(issued, { address, port: ports.https }));
    },
    leaf: async (lineage) => leafIn(await readFile(live(lineage, 'cert.pem'), 'utf8')).sha256,
    // Nobody has yet, or it has asked itself at its start.
    requests: async () =>
      (await readdir(join(stateDir, 'requests')).catch(() => [])).filter((asking) => asking !== name),
  };
}

type Told = (error: null, context: ReturnType<typeof createSecureContext>) => void;

/** Directories and a configuration of its own. */
async function furnish({ directory, addresses, ports, keyFile }: Ground, name: string, gate: object) {
  const at = (path: string) => join(directory, name, path);
  for (const path of ['webroot', 'letsencrypt', 'state/inbox/bundles', 'state/inbox/activated']) {
    await mkdir(at(path), { recursive: true });
  }
  const [configDir, stateDir] = [at('letsencrypt'), at('state')];
  await writeConfig(at('config.yaml'), {
    nodes: Object.fromEntries(addresses.map((address, index) => [`web${index + 1}`, address])),
    ...{ stateDir, webroot: at('webroot'), self: name },
    gate: { timeout: 8, httpsPort: ports.https, ...gate },
    agent: {
      port: ports.agent,
      adminListen: `${addresses[Number(name.slice(3)) - 1]}:${ports.admin}`,
      keyFile,
    },
    certificates: { configDir, issuer: 'web1' },
    webServer: { kind: 'none', test: ['true'] },
  });
  return { configDir, stateDir, env: environmentOf(at('config.yaml')) };
}
