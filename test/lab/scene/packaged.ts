import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lackOf, makePackages, successOf } from '../../support/packages.ts';
import { run } from '../../support/programs/program.ts';
import { CA_FILE } from '../booted/base.ts';
import { CLONE } from '../dist.ts';
import { openLab, type Lab, type LabNode } from '../lab.ts';
import { bring, hasNewNode, makeBare } from './bare.ts';
import { blocksOf } from './reader.ts';
import { show } from './units.ts';

export const BEFORE = '0.0.9';
export const AGENT = 'certbot-ha-agent.service';
export const UNITS = [AGENT, 'certbot-ha-installer.path', 'certbot-ha-sync.path', 'certbot-ha-sync.timer'];
export const PLAIN = 'certbot-ha';
export const STANDALONE = 'certbot-ha-standalone';

/** The lineage of the tests, and a site that uses it. */
export const NAME = 'www.example.com';
export const SITE = `server {
    listen 443 ssl;
    server_name ${NAME};
    ssl_certificate /etc/letsencrypt/live/${NAME}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${NAME}/privkey.pem;
}
`;

const PAGE = 'docs/install.md';
const APT = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: 180_000 };

export type PackageName = typeof PLAIN | typeof STANDALONE;
type Age = 'before' | 'now';

/** Two hosts with nothing of certbot-ha, and packages for them. */
export interface PackagedHosts {
  readonly lab: Lab;
  /** Whether the hosts' distribution has a Node.js that is new enough. */
  readonly hasNode: boolean;
  /** The path of a package on this machine. */
  readonly fileOf: (name: PackageName, age: Age, kind?: 'deb' | 'rpm') => Promise<string>;
  readonly bring: (host: LabNode, file: string, place: string) => Promise<void>;
  /** By `apt-get install ./…`. */
  readonly install: (host: LabNode, name: PackageName, age: Age) => Promise<void>;
  readonly apt: (host: LabNode, ...argv: readonly string[]) => Promise<void>;
  readonly certbot: (argv: readonly string[], host: LabNode) => Promise<void>;
  /** By the commands of docs/install.md, with this cluster key. */
  readonly setUp: (host: LabNode, key: string) => Promise<void>;
  /** A sync finds nothing outstanding, and each lineage is the same on every node. */
  readonly isEverywhere: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the lab first when packages have been made: hosts see this machine's files.
 * @param needs Debian packages of this machine
 * @param wanted which packages are made, where the hosts' Node.js is new enough and where it is not
 */
export async function openPackagedHosts(
  needs: readonly string[],
  wanted: (hasNode: boolean) => Readonly<Record<Age, readonly PackageName[]>>,
): Promise<PackagedHosts> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-packages-'));
  const lack = await lackOf(['debhelper', 'pandoc', 'rpm', ...needs]);
  const lab = await openLab({ nodes: 2, install: false, webServerPort443: false });
  const close = async () => {
    await lab.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    if (lack !== null && lab.kind === 'booted') throw new Error(lack);
    const hasNode = lab.kind === 'booted' && (await hasNewNode(lab.nodes[0] as LabNode));
    if (lab.kind === 'booted') {
      await makeAll(directory, wanted(hasNode));
      for (const host of lab.nodes) await makeBare(host, lab);
    }
    return { ...verbsOf(lab, directory), lab, hasNode, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeAll(directory: string, wanted: Readonly<Record<Age, readonly PackageName[]>>) {
  const architecture = successOf(await run(['dpkg', '--print-architecture'])).trim();
  for (const [age, names] of Object.entries(wanted)) {
    if (names.length === 0) continue;
    const kinds = names.flatMap((name) => ['--for', name === PLAIN ? 'all' : architecture]);
    const version = age === 'before' ? ['--version', BEFORE] : [];
    await makePackages(join(directory, age), ['--quick', ...kinds, ...version]);
  }
}

function verbsOf(lab: Lab, directory: string): Omit<PackagedHosts, 'lab' | 'hasNode' | 'close'> {
  const fileOf: PackagedHosts['fileOf'] = async (name, age, kind = 'deb') => {
    const names = await readdir(join(directory, age));
    const wanted = names.find(
      (file) => file.endsWith(`.${kind}`) && file.startsWith(STANDALONE) === (name === STANDALONE),
    );
    if (wanted === undefined) throw new Error(`no ${name} ${age} has been made as .${kind}`);
    return join(directory, age, wanted);
  };
  return {
    fileOf,
    bring,
    async install(host, name, age) {
      await bring(host, await fileOf(name, age), '/root/package.deb');
      await host.check(['sh', '-c', 'cd /root && apt-get install --yes ./package.deb'], APT);
    },
    apt: async (host, ...argv) => void (await host.check(['apt-get', '--yes', ...argv], APT)),
    certbot: async (argv, host) =>
      void (await host.check(argv, { env: { REQUESTS_CA_BUNDLE: CA_FILE }, timeoutMs: 240_000 })),
    async setUp(host, key) {
      await host.writeFile('/root/config.yaml', lab.defaultConfig());
      await host.writeFile('/root/cluster.key', key, { mode: 0o600 });
      await host.check(['bash', '-euc', `cd /root\n${await documented('install -m 0644 config.yaml')}`]);
      expect(await statesOf(host)).toEqual(UNITS.map(() => 'enabled active'));
    },
    async isEverywhere() {
      const [host] = lab.nodes as readonly [LabNode];
      expect(await host.run(['certbot-ha', 'sync'])).toMatchObject({ code: 0, stderr: '' });
      const status = await host.run(['certbot-ha', 'status', '--check']);
      expect(status).toMatchObject({ code: 0, stdout: '', stderr: '' });
    },
  };
}

/** The commands of docs/install.md that have these words in them. */
export async function documented(words: string): Promise<string> {
  const blocks = blocksOf(await readFile(join(CLONE, PAGE), 'utf8'));
  return blocks.find(({ text }) => text.includes(words))?.text ?? '';
}

export async function statesOf(host: LabNode): Promise<readonly string[]> {
  const stateOf = async (unit: string) =>
    [await show(host, unit, 'UnitFileState'), await show(host, unit, 'ActiveState')].join(' ');
  return await Promise.all(UNITS.map(stateOf));
}
