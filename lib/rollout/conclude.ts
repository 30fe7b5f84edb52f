import type { Manifest } from '../lineage/bundle.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { targetsOf } from '../cluster/target.ts';
import { lineOf, type Verdict } from '../gate/verdict.ts';
import type { HookIo } from '../base/io.ts';
import type { Deliverer } from './activate.ts';
import { createOwed, debtOf } from '../state/outstanding.ts';
import { adviseUse, reportNotServed, reportServed } from './report.ts';
import type { NodeEnding } from './roll-out.ts';

export interface Conclusion {
  readonly cluster: Cluster;
  /** the lineage's directory below live/ */
  readonly directory: string;
  readonly manifest: Manifest;
  /** whose debts are settled where this is served */
  readonly ids: readonly string[];
  /** nodes that it could not even be brought to */
  readonly unreached: readonly NodeEnding[];
  readonly deliverer: Pick<Deliverer, 'gate' | 'look'>;
  readonly io: Pick<HookIo, 'out' | 'err'>;
}

/**
 * Looks at every node and VIP once more, after these endings of activations, tells the operator, and writes down what is owed.
 * @returns 1 unless all of them serve it
 */
export async function conclude(endings: readonly NodeEnding[], conclusion: Conclusion): Promise<0 | 1> {
  const { cluster, directory, manifest, deliverer, unreached, io } = conclusion;
  const { config, self } = cluster;
  const good = endings.filter(isGood);
  const bad = [...endings.filter((ending) => !isGood(ending)), ...unreached];
  const activated = new Set(endings.map(({ node }) => node));
  const tried = new Set([...activated, ...unreached.map(({ node }) => node)]);
  const untried = config.nodes.filter((node) => !tried.has(node) && (node === self || !node.isDrained));
  const isStopped = bad.some(({ state }) => state === 'refused');
  const goodNodes = new Set(good.map(({ node }) => node));
  const targets = targetsOf(cluster).filter(({ node }) => node === null || goodNodes.has(node));
  const verdict = isStopped ? null : await deliverer.gate(targets);
  const isWhole = bad.length === 0 && verdict?.isMet === true;

  if (isWhole) {
    reportServed(io, verdict);
    if (good.some(({ state }) => state === 'unused')) adviseUse(io, cluster, directory);
  } else {
    const served = isStopped ? await lookAround(cluster, deliverer, activated) : [];
    reportNotServed(io, { manifest, verdict, bad, served });
  }
  const relapsed = verdict === null ? new Map<ClusterNode, string>() : notServing(verdict);
  await writeDebts(conclusion, {
    settled: good.map(({ node }) => node).filter((node) => !relapsed.has(node)),
    owed: new Map([
      ...relapsed,
      ...bad.map(({ node, messages }) => [node, messages[0] ?? ''] as const),
      ...untried.map((node) => [node, 'not activated'] as const),
    ]),
  });
  return isWhole ? 0 : 1;
}

async function lookAround(
  cluster: Cluster,
  deliverer: Pick<Deliverer, 'look'>,
  activated: ReadonlySet<ClusterNode>,
) {
  return await Promise.all(
    targetsOf(cluster)
      .filter(({ isDrained, isSelf }) => isSelf || !isDrained)
      .map(async (target) => ({
        target,
        isActivated: target.node !== null && activated.has(target.node),
        served: await deliverer.look(target),
      })),
  );
}

function isGood({ state }: NodeEnding): boolean {
  return state === 'served' || state === 'unused';
}

/** Nodes that served it when they were activated and do not any more, with the line that says so. */
function notServing({ targets }: Verdict): ReadonlyMap<ClusterNode, string> {
  return new Map(
    targets.flatMap((report) => {
      const { state, target } = report;
      const isServing = state === 'served' || state === 'unused' || state === 'drained';
      return target.node === null || isServing ? [] : [[target.node, lineOf(report)] as const];
    }),
  );
}

interface Debts {
  readonly settled: readonly ClusterNode[];
  /** with the reason */
  readonly owed: ReadonlyMap<ClusterNode, string>;
}

async function writeDebts({ cluster, manifest, ids }: Conclusion, { settled, owed }: Debts): Promise<void> {
  const book = createOwed(cluster.config.stateDir);
  for (const { name } of settled) await book.settle(name, manifest.lineage, ids);
  await book.add([...owed].map(([node, reason]) => debtOf(node, manifest, reason)));
}
