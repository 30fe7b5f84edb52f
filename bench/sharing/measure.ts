import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lab, LabNode } from '../../test/lab/contract.ts';
import { CLONE } from '../../test/lab/dist.ts';
import { startOn } from '../../test/lab/host-daemon.ts';
import { openLab } from '../../test/lab/lab.ts';
import { ownDirectory } from '../../test/lab/loopback/leash.ts';
import type { Sharing, SharingSystem, Three } from '../../test/lab/sharing/system.ts';
import { measureFailures, type Failures } from './failures.ts';
import { issueOften, ourWay, plainWay, type Issuances } from './issuances.ts';
import { measureLatency, type Latency } from './latency.ts';
import { startMovingCa } from './moving-ca.ts';
import type { SharingOptions } from './options.ts';
import { putProgram } from './programs.ts';

export interface Figures {
  readonly version: string;
  readonly startMs: number;
  readonly renamed: Latency;
  readonly plain: Latency;
  readonly plainIssuances: Issuances;
  readonly ourIssuances: Issuances;
  readonly failures?: Failures;
  /** Why cables were pulled in vain. */
  readonly failuresAbsent?: string;
}

/** What is known of one system; `absent` says why nothing is. */
export interface Measured {
  readonly name: string;
  readonly title: string;
  readonly figures?: Figures;
  readonly absent?: string;
}

const NODES = 3;

/** Never throws on what a system does: a row says so. */
export async function measureSystem(system: SharingSystem, options: SharingOptions): Promise<Measured> {
  const { name, title } = system;
  const disks = await ownDirectory('certbot-ha-sharing-');
  try {
    await installPackages(system.packages);
    const lab = await openLab({ nodes: NODES + (system.hasServer ? 1 : 0), disks });
    try {
      return { name, title, figures: await measureIn(lab, system, options) };
    } finally {
      await lab.close();
    }
  } catch (error) {
    return { name, title, absent: (error as Error).message };
  } finally {
    await rm(disks, { recursive: true, force: true });
  }
}

async function installPackages(packages: readonly string[]): Promise<void> {
  if (packages.length === 0) return;
  const argv = ['--required', ...packages];
  await promisify(execFile)(join(CLONE, 'scripts/debian-packages.sh'), argv, { timeout: 600_000 });
}

async function measureIn(lab: Lab, system: SharingSystem, options: SharingOptions): Promise<Figures> {
  const [web1, web2, web3, server] = lab.nodes as readonly [...Three, LabNode | undefined];
  const nodes: Three = [web1, web2, web3];
  await stopAgents(nodes);
  const startedMs = performance.now();
  const sharing = await system.start(nodes, server);
  const startMs = Math.round(performance.now() - startedMs);
  const { oneIn = 1 } = sharing;
  const rounds = Math.ceil(options.rounds / oneIn);
  const renamed = await measureLatency(nodes, sharing, { rounds });
  const plain = await measureLatency(nodes, sharing, { rounds, isPlain: true });
  const issuances = await measureIssuances(lab, nodes, sharing, options);
  const figures = { version: sharing.version, startMs, renamed, plain, ...issuances };
  if (!options.failures) return figures;
  await stopStrangers(nodes, sharing);
  try {
    return { ...figures, failures: await measureFailures(lab, nodes, server, sharing) };
  } catch (error) {
    return { ...figures, failuresAbsent: (error as Error).message };
  }
}

const stopAgents = async (nodes: Three) => await Promise.all(nodes.map((node) => node.stopService('agent')));

/** Agents would carry what the system is to carry, unless they are the system. */
async function stopStrangers(nodes: Three, { isByAgents = false }: Sharing): Promise<void> {
  if (!isByAgents) await stopAgents(nodes);
}

async function measureIssuances(
  lab: Lab,
  nodes: Three,
  sharing: Sharing,
  options: SharingOptions,
): Promise<Pick<Figures, 'plainIssuances' | 'ourIssuances'>> {
  const { oneIn = 1, isConcurrent = true } = sharing;
  const count = isConcurrent ? options.issuances : Math.ceil(options.issuances / oneIn);
  const vips = Array.from(
    { length: isConcurrent ? options.lanes : 1 },
    (_, lane) => `192.168.69.${101 + lane}`,
  );
  const configOf = (laneVips: readonly string[]) =>
    lab.defaultConfig({ ...withoutServer(lab), ...sharing.onTop, vips: laneVips });
  const ca = await startMovingCa(lab, nodes, vips);
  try {
    return await withScanner(lab, nodes, async () => {
      await stopStrangers(nodes, sharing);
      const plainIssuances = await issueOften(ca, count, await plainWay(nodes, sharing));
      await lab.configure(configOf(vips), { nodes });
      const ourIssuances = await issueOften(ca, count, await ourWay(nodes, ca, configOf));
      return { plainIssuances, ourIssuances };
    });
  } finally {
    await ca.stop();
  }
}

/** All the while somebody asks each node for names that nobody has written, as scanners do. */
async function withScanner<T>(lab: Lab, nodes: readonly LabNode[], measure: () => Promise<T>): Promise<T> {
  const ask = await putProgram(lab.ca, 'ask');
  const scanner = await startOn(lab.ca, [...ask, 'scan', ...nodes.map(({ address }) => address)], {
    ready: /ready/,
  });
  try {
    return await measure();
  } finally {
    await scanner.stop();
  }
}

/** The server is no node of the cluster. */
function withoutServer(lab: Lab): object {
  const server = lab.nodes[NODES];
  return server === undefined ? {} : { nodes: { [server.name]: null } };
}
