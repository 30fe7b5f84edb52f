import { basename } from 'node:path';
import type { Finding } from '../findings/register.ts';
import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { isProbed, type Target } from '../cluster/target.ts';
import { gateEvents } from '../gate/gate-events.ts';
import { isSettled, settledOf, type Verdict } from '../gate/verdict.ts';
import type { Leaf } from '../lineage/generation.ts';
import type { NewEvent } from '../state/event.ts';
import { eventsFor } from '../state/events-for.ts';
import { deliveryEvents } from './delivery-events.ts';
import { adviseUse, reportNotServed, reportServed, type ServedNow } from './report.ts';
import { hasTaken, type NodeEnding } from './roll-out.ts';
import type { Sight } from './see.ts';

const NOT_ACTIVATED: Finding = { code: 'not-activated' };

/** What a roll-out leaves: who has taken it, and what the others lack it for. */
export interface Left {
  readonly done: readonly ClusterNode[];
  readonly outstanding: ReadonlyMap<ClusterNode, Finding>;
}

export interface Conclusion {
  readonly cluster: Cluster;
  /** the lineage's directory below live/ */
  readonly directory: string;
  /** what should be served */
  readonly leaf: Leaf;
  /** nobody can have configured anything for it yet */
  readonly isFirst: boolean;
  /** all nodes that should take it */
  readonly nodes: readonly ClusterNode[];
  /** every node and VIP that should serve it */
  readonly targets: readonly Target[];
  /** nodes that it could not even be brought to */
  readonly unreached: readonly NodeEnding[];
  readonly sight: Sight;
  /** Writes down what sync has to do; null where sync does nothing. */
  readonly writeDown: ((left: Left) => Promise<void>) | null;
  readonly io: Pick<HookIo, 'out' | 'err'>;
}

/**
 * Sees every node and VIP once more, after these endings of activations, tells the operator, and
 * writes down what is outstanding.
 * @returns 1 unless all of them serve it
 */
export async function conclude(endings: readonly NodeEnding[], conclusion: Conclusion): Promise<0 | 1> {
  const { cluster, directory, targets, sight, unreached, writeDown } = conclusion;
  const good = endings.filter(hasTaken);
  const bad = [...endings.filter((ending) => !hasTaken(ending)), ...unreached];
  const isStopped = bad.some(({ state }) => state === 'refused');
  const goodNodes = new Set(good.map(({ node }) => node));
  const counting = targets.filter(({ node }) => node === null || goodNodes.has(node));
  const verdict = isStopped ? null : await seeAgain(counting, endings, sight);
  const isWhole = bad.length === 0 && verdict?.isMet === true;

  const left = leftBy(endings, { good, bad, verdict }, conclusion);
  const seen = eventsOf(verdict, basename(directory));
  const deliveries = deliveryEvents(basename(directory), [...endings, ...unreached], cluster);
  const telling = eventsFor(cluster, 'deploy').write(...deliveries, ...seen);
  if (isWhole) tellServed(verdict, good, conclusion);
  else await tellNotServed({ verdict, bad, endings, left }, conclusion);
  if (writeDown) await writeDown(left);
  await telling;
  return isWhole ? 0 : 1;
}

/** What the gate has seen; of one that was interrupted, without those that had not had their time. */
function eventsOf(verdict: Verdict | null, lineage: string): readonly NewEvent[] {
  if (verdict === null) return [];
  return gateEvents('certificate-gate', verdict.isInterrupted ? settledOf(verdict) : verdict, { lineage });
}

/** Of a node that was activated alone, the gate has just seen all that is to be seen. */
async function seeAgain(
  targets: readonly Target[],
  endings: readonly NodeEnding[],
  { gate }: Sight,
): Promise<Verdict> {
  const known = endings.length === 1 ? (endings[0]?.verdict?.targets ?? []) : [];
  const seen = known.filter((report) => targets.some(({ name }) => name === report.target.name));
  const rest = targets.filter(({ name }) => !seen.some(({ target }) => target.name === name));
  const verdict = await gate(rest);
  return {
    ...verdict,
    isMet: verdict.isMet && seen.every(isSettled),
    targets: [...seen, ...verdict.targets],
  };
}

function tellServed(verdict: Verdict, good: readonly NodeEnding[], conclusion: Conclusion): void {
  const { io, cluster, directory, nodes, isFirst } = conclusion;
  reportServed(io, verdict);
  const isUnused = good.some(({ state }) => state === 'unused');
  if (isUnused && isFirst) adviseUse(io, { cluster, directory, isEveryNode: nodes.length > 1 });
}

interface NotWhole {
  readonly verdict: Verdict | null;
  readonly bad: readonly NodeEnding[];
  readonly endings: readonly NodeEnding[];
  readonly left: Left;
}

async function tellNotServed(
  { verdict, bad, endings, left }: NotWhole,
  conclusion: Conclusion,
): Promise<void> {
  const { io, directory, leaf, writeDown } = conclusion;
  const served = verdict === null ? await seeWhatIsServed(endings, conclusion) : [];
  const isSyncComing = writeDown !== null;
  const isOutstanding = left.outstanding.size > 0;
  reportNotServed(io, { directory, leaf, verdict, bad, served, isSyncComing, isOutstanding });
}

async function seeWhatIsServed(
  endings: readonly NodeEnding[],
  { targets, sight }: Conclusion,
): Promise<readonly ServedNow[]> {
  const activated = new Set(endings.map(({ node }) => node));
  return await Promise.all(
    targets
      .filter((target) => isProbed(target) || (target.isSelf && target.unprobed === undefined))
      .map(async (target) => ({
        target,
        isActivated: target.node === null || activated.has(target.node),
        served: await sight.probe(target),
      })),
  );
}

function leftBy(
  endings: readonly NodeEnding[],
  { good, bad, verdict }: Readonly<Record<'good' | 'bad', readonly NodeEnding[]>> & Pick<NotWhole, 'verdict'>,
  { nodes, unreached }: Conclusion,
): Left {
  const relapsed = verdict === null ? new Map<ClusterNode, Finding>() : notServing(verdict);
  const tried = new Set([...endings, ...unreached].map(({ node }) => node));
  const untried = nodes.filter((node) => !tried.has(node));
  return {
    done: good.map(({ node }) => node).filter((node) => !relapsed.has(node)),
    outstanding: new Map([
      ...relapsed,
      ...bad.map(({ node, reason }) => [node, reason ?? NOT_ACTIVATED] as const),
      ...untried.map((node) => [node, NOT_ACTIVATED] as const),
    ]),
  };
}

/** Nodes that served it when they were activated and do not any more, with the reason. */
function notServing({ targets }: Verdict): ReadonlyMap<ClusterNode, Finding> {
  return new Map(
    targets.flatMap((report) => {
      const { node } = report.target;
      return node === null || isSettled(report)
        ? []
        : [[node, report.reason ?? { code: 'no-time-left' }] as const];
    }),
  );
}
