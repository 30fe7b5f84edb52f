import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCommand, runCommand } from '../command.ts';
import type { LabOptions } from '../contract.ts';
import { debianTree, ownDebian, wantedDebian } from '../debian.ts';
import { LAB_DIR, type Keeper } from '../keeper.ts';

/** What hosts are made of. */
export interface HostSystem {
  /** A word that tells it from others. */
  readonly name: string;
  /** A directory inside the lab, below everything that is changed in it. */
  readonly tree: string;
  /** Hosts run the Node.js that runs this: their system has none that is new enough. */
  readonly bringsNode: boolean;
}

/** Where hosts have a Node.js that is not their system's. */
export const NODE = '/usr/local/bin/node';

const FLOOR = [20, 19] as const;

export interface HostSystems {
  readonly ca: HostSystem;
  /** One a node; nodes of one Debian have the same. */
  readonly nodes: readonly HostSystem[];
}

/** This machine's own file tree, or that of the Debian that `CERTBOT_HA_LAB_ROOT` or a node's option names. */
export async function hostSystems(
  keeper: Keeper,
  { nodes, debians }: Required<LabOptions>,
): Promise<HostSystems> {
  const [wanted, own] = [wantedDebian(), await ownDebian()];
  const systems = new Map<string | null, HostSystem>();
  const systemOf = async (suite: string | null) => {
    const system = systems.get(suite) ?? (await hostSystem(keeper, suite));
    systems.set(suite, system);
    return system;
  };
  const ca = await systemOf(wanted);
  const all: HostSystem[] = [];
  for (let index = 0; index < nodes; index += 1) {
    const debian = debians[index];
    all.push(debian === undefined ? ca : await systemOf(debian === own ? null : debian));
  }
  return { ca, nodes: all };
}

async function hostSystem(keeper: Keeper, suite: string | null): Promise<HostSystem> {
  if (suite === null) return { name: 'own', tree: '/', bringsNode: true };
  const outside = await debianTree(suite);
  // Under a name of ours: the cache's own may hold what an overlay takes for more than a name.
  const tree = join(LAB_DIR, `debian-${suite}`);
  await mkdir(join(keeper.root, tree), { recursive: true });
  await checkCommand(keeper.enter(['mount', '--bind', '--', outside, tree]));
  const { stdout } = await runCommand(keeper.enter(['chroot', tree, 'node', '--version']));
  return { name: suite, tree, bringsNode: !isNewEnough(stdout.trim()) };
}

/** `v20.19.2`: the suite runs on it. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = (/^v(\d+)\.(\d+)\./.exec(version) ?? []).map(Number);
  if (major === undefined || minor === undefined) return false;
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}
