import { growthFigure, type Rounds } from '../curve.ts';
import type { Cost } from '../cost.ts';
import { median, medianOf, ratio, type Figure } from '../figure.ts';
import type { Fleet } from './fleet.ts';
import { pushAndGate } from './push.ts';
import { openRollOut } from './roll-out.ts';
import { settle, withNodes, type FleetCost } from './settle.ts';
import { bringLineages, status, statusConnections } from './status.ts';

/** Agents ask each other when they start. */
const AFTER_START_MS = 90_000;
const BETWEEN_MS = 5_000;
const PUSH_ROUNDS = 5;
const ROLL_OUT_ROUNDS = 3;
const STATUS_ROUNDS = 3;
const AT_MOST = { ratio: 3, statusSeconds: 5, connections: 64, statusMb: 150 };

/** All rows of a fleet. @param sizes of the clusters, in order; the picture shows them all */
export async function measureRows(
  fleet: Fleet,
  sizes: readonly number[],
  lineages: number,
): Promise<readonly Figure[]> {
  await settle(AFTER_START_MS);
  say('push and gate');
  const push = await inTurns(sizes, PUSH_ROUNDS, async (size) => await pushAndGate(fleet, size));
  say('roll-out');
  const roll = await openRollOut(fleet);
  const rollOut = await inTurns(sizes, ROLL_OUT_ROUNDS, async (size) => {
    await settle(BETWEEN_MS);
    return await withNodes(async () => await roll(size));
  });
  say(`status of ${lineages} lineages`);
  await bringLineages(fleet, lineages);
  await settle(AFTER_START_MS);
  const seen = await inTurns(
    sizes,
    STATUS_ROUNDS,
    async (size) => await withNodes(async () => await status(fleet, size)),
  );
  return [
    ...growing(push, { what: 'push and gate of 10 names', base: 2 }),
    nodesRow(push, 'push and gate of 10 names'),
    peak('last auth hook', valuesOf(push, peakOf)),
    ...growing(rollOut, { what: 'roll-out', base: 3 }),
    nodesRow(rollOut, 'roll-out'),
    peak('deploy hook', valuesOf(rollOut, peakOf)),
    ...statusRows(seen, lineages),
    nodesRow(seen, `status of ${lineages} lineages`),
    {
      what: `status of ${sizes.at(-1)} nodes, ${lineages} lineages: connections at once`,
      ...{ value: await statusConnections(fleet, sizes.at(-1) ?? 0), unit: '', atMost: AT_MOST.connections },
    },
  ];
}

const say = (what: string) => console.error(`bench: fifty: ${what}`);

type Costs<T extends Cost = Cost> = ReadonlyMap<number, readonly T[]>;

/** Each size once in a round, so that what changes on the machine changes for all. */
async function inTurns<T extends Cost>(
  sizes: readonly number[],
  rounds: number,
  measure: (size: number) => Promise<T>,
): Promise<Costs<T>> {
  const costs = new Map<number, T[]>(sizes.map((size) => [size, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const size of sizes) costs.get(size)?.push(await measure(size));
  }
  return costs;
}

function valuesOf<T extends Cost>(costs: Costs<T>, value: (cost: T) => number): Rounds {
  return new Map([...costs].map(([size, each]) => [size, each.map(value)]));
}

const peakOf = ({ peakMb }: Cost) => peakMb;

/** What a hook costs with more nodes. @param base nodes that the others are compared with */
function growing(
  costs: Costs,
  { what, base }: { readonly what: string; readonly base: number },
): readonly Figure[] {
  const ms = valuesOf(costs, (cost) => cost.ms);
  const cpuMs = valuesOf(costs, (cost) => cost.cpuMs);
  return [
    over(what, ms, { base, atMost: AT_MOST.ratio }),
    over(`${what}, CPU of the hook`, cpuMs, { base }),
    growthFigure('nodes', what, ms),
  ];
}

function nodesRow(costs: Costs<FleetCost>, what: string): Figure {
  const largest = Math.max(...costs.keys());
  const each = (costs.get(largest) ?? []).map(({ nodesMs }) => nodesMs / largest);
  return medianOf(`${what}, ${largest} nodes: CPU of each node, on the cores that all share`, each, {
    unit: 'ms',
  });
}

function statusRows(costs: Costs, lineages: number): readonly Figure[] {
  const largest = Math.max(...costs.keys());
  const what = `status of ${largest} nodes, ${lineages} lineages`;
  const of = (value: (cost: Cost) => number) => (costs.get(largest) ?? []).map(value);
  return [
    medianOf(
      `${what}: wall time`,
      of(({ ms }) => ms / 1000),
      { unit: 's', atMost: AT_MOST.statusSeconds },
    ),
    medianOf(
      `${what}: its own CPU`,
      of(({ cpuMs }) => cpuMs / 1000),
      { unit: 's' },
    ),
    medianOf(
      `${what}: peak memory`,
      of(({ peakMb }) => peakMb),
      { unit: 'MB', atMost: AT_MOST.statusMb },
    ),
    growthFigure(
      'nodes',
      `status of ${lineages} lineages`,
      valuesOf(costs, ({ ms }) => ms),
    ),
  ];
}

/** The largest cluster over the one of `base` nodes. */
function over(
  what: string,
  rounds: Rounds,
  { base, atMost }: { readonly base: number; readonly atMost?: number },
): Figure {
  const largest = Math.max(...rounds.keys());
  return ratio(
    `${what}: ${largest} nodes / ${base} nodes`,
    rounds.get(largest) ?? [],
    rounds.get(base) ?? [],
    atMost,
  );
}

/** Of the smallest cluster and of the largest. */
function peak(what: string, rounds: Rounds): Figure {
  const [smallest, largest] = [Math.min(...rounds.keys()), Math.max(...rounds.keys())];
  const ofLargest = rounds.get(largest) ?? [];
  return {
    ...medianOf(`${what}, peak memory with ${smallest} nodes`, rounds.get(smallest) ?? [], { unit: 'MB' }),
    from: `with ${largest} nodes ${Math.round(median(ofLargest))} MB`,
  };
}
