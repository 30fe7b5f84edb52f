import fs from 'fs-extra';
import type { Manifest } from '../lineage/bundle.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { layoutOf } from './layout.ts';
import { withLock } from '../system/lock.ts';
import { writeWhole } from '../system/write-file.ts';

/** A delivery that a node has not taken yet. */
export interface Debt {
  readonly node: string;
  readonly lineage: string;
  /** the bundle's id */
  readonly id: string;
  readonly reason: string;
  /** ISO 8601 */
  readonly since: string;
}

/** A generation that a node has not taken, from now on. */
export function debtOf(
  { name }: Pick<ClusterNode, 'name'>,
  { lineage, leaf }: Pick<Manifest, 'lineage' | 'leaf'>,
  reason: string,
): Debt {
  return { node: name, lineage, id: leaf.sha256, reason, since: new Date().toISOString() };
}

/** `stateDir/owed.json`: what `certbot-ha sync` has still to deliver, for people and for rsync, which cannot ask. */
export interface Owed {
  list(): Promise<readonly Debt[]>;
  /** One debt a node and lineage; a later one keeps the first one's time. */
  add(debts: readonly Debt[]): Promise<void>;
  /** Only where it is one of these bundles that is owed: a newer one may have been added meanwhile. */
  settle(node: string, lineage: string, ids: readonly string[]): Promise<void>;
  /** Forgets the debts of other nodes and lineages: they are no more. */
  keep(nodes: readonly string[], lineages: readonly string[]): Promise<void>;
}

export function createOwed(stateDir: string): Owed {
  const file = layoutOf(stateDir).outstanding;

  async function list(): Promise<readonly Debt[]> {
    if (!(await fs.pathExists(file))) return [];
    return (await fs.readJson(file)) as readonly Debt[];
  }

  // Several peers settle at once, and the deploy hook may run beside sync.
  const locked = async (run: () => Promise<void>) => {
    await fs.ensureDir(stateDir);
    await withLock(file, run);
  };

  const write = async (debts: readonly Debt[]) =>
    await writeWhole(file, `${JSON.stringify(debts, null, 2)}\n`, { mode: 0o644, gid: null });

  return {
    list,
    async add(debts) {
      if (debts.length > 0) await locked(async () => await addLocked(debts));
    },
    settle: async (node, lineage, ids) =>
      await forget((debt) => debt.node === node && debt.lineage === lineage && ids.includes(debt.id)),
    keep: async (nodes, lineages) =>
      await forget((debt) => !nodes.includes(debt.node) || !lineages.includes(debt.lineage)),
  };

  async function addLocked(debts: readonly Debt[]): Promise<void> {
    const before = await list();
    const isOf = (one: Debt, other: Debt) => one.node === other.node && one.lineage === other.lineage;
    const kept = before.filter((debt) => !debts.some((other) => isOf(debt, other)));
    const added = debts.map((debt) => ({
      ...debt,
      since: before.find((other) => isOf(debt, other))?.since ?? debt.since,
    }));
    await write([...kept, ...added]);
  }

  async function forget(isOver: (debt: Debt) => boolean): Promise<void> {
    if (!(await list()).some(isOver)) return;
    await locked(async () => await write((await list()).filter((debt) => !isOver(debt))));
  }
}
