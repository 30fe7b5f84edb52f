import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { NAME, writeIssuerTree } from '../lineage/bundle.ts';
import { archiveOf, bundleFor, expect, filesOf, type Generations } from './generations.ts';
import { createInstallerNode, type InstallerNode } from './node.ts';
import { generationIn, KINDS, lookAtLinks, lookAtLive, temporariesIn } from './looks.ts';

/** What an installer that is killed is in the middle of. */
export interface Scenario {
  readonly name: string;
  /** the generation that is there before; null: none */
  readonly before: number | null;
  readonly number: number;
  readonly isRefused: boolean;
  /** what the archive holds when all is over */
  readonly archive: readonly number[];
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'a first generation', before: null, number: 4, isRefused: false, archive: [4] },
  { name: 'the next generation', before: 1, number: 2, isRefused: false, archive: [1, 2] },
  { name: 'a clash of numbers', before: 1, number: 1, isRefused: false, archive: [1, 2] },
  { name: 'a roll-back', before: 1, number: 2, isRefused: true, archive: [1] },
  { name: 'a roll-back after a clash', before: 1, number: 1, isRefused: true, archive: [1] },
  { name: 'a roll-back of a first generation', before: null, number: 1, isRefused: true, archive: [] },
];

/** A node that stands before a scenario, with the bundle activated. */
export async function prepare(
  directory: string,
  { before, number, isRefused }: Scenario,
  { old, next }: Generations,
): Promise<{ readonly node: InstallerNode; readonly bundle: Bundle }> {
  await mkdir(directory);
  const node = await createInstallerNode(directory);
  if (before !== null) await writeIssuerTree(node.configDir, [old]);
  if (isRefused) await node.refuse(next.certificate, 'nginx: refused');
  const bundle = bundleFor(node, next, number);
  await node.deliver(bundle);
  return { node, bundle };
}

/** Right after a kill: whatever live shows is whole. A first one may be on its way: some links, or none. */
export async function expectWhole(
  node: InstallerNode,
  { before }: Scenario,
  { old, next }: Generations,
): Promise<void> {
  if (before !== null) {
    lookAtLive(node.configDir, NAME, [old, next]);
    return;
  }
  const live = join(node.configDir, 'live', NAME);
  const links = await readdir(live).catch((): string[] => []); // not made yet
  const kinds = KINDS.filter((kind) => links.includes(`${kind}.pem`));
  lookAtLinks(kinds, node.configDir, NAME, [next]);
}

/** After the next start: done or undone, and nothing left over. */
export async function expectEnded(
  { node, bundle }: { readonly node: InstallerNode; readonly bundle: Bundle },
  { isRefused, before, archive }: Scenario,
  { old, next }: Generations,
): Promise<void> {
  const { state } = await node.result(bundle);
  expect(isRefused ? ['rolled back'] : ['installed', 'unchanged']).toContain(state);
  if (isRefused && before === null) {
    expect(await readdir(join(node.configDir, 'live'))).toEqual([]);
    expect(await readdir(join(node.configDir, 'archive'))).toEqual([]);
    expect(await readdir(join(node.configDir, 'renewal'))).toEqual([]);
  } else {
    expect(generationIn(node.configDir, NAME, [old, next])).toBe(isRefused ? old : next);
    expect(await archiveOf(node)).toEqual(filesOf(...archive));
    expect(await readdir(join(node.configDir, 'renewal'))).toEqual([`${NAME}.conf`]);
  }
  expect((await node.installed()).map(({ leaf }) => leaf)).toEqual(isRefused ? [] : [bundle.manifest.leaf]);
  for (const directory of ['journal', 'inbox/bundles', 'inbox/activated']) {
    expect([directory, await readdir(join(node.stateDir, directory))]).toEqual([directory, []]);
  }
  expect(await temporariesIn(node.configDir, node.stateDir)).toEqual([]);
}

/** Makes the web server's script end the installer that runs it, once. */
export async function killIn(node: InstallerNode, verb: 'test' | 'reload'): Promise<void> {
  await writeFile(join(node.directory, `kill-${verb}`), '');
}

export async function forget(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
