import { findingOfLine, readFinding } from '../findings/read.ts';
import type { Finding } from '../findings/register.ts';
import { mkdir } from 'node:fs/promises';
import * as v from 'valibot';
import type { Manifest } from '../lineage/bundle.ts';
import { hash, lineageName, time } from '../lineage/schemas.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { withLock } from '../system/lock.ts';
import { removeIfThere } from '../system/write-file.ts';
import { readJsonFile, valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** A delivery that a node has not taken yet. */
export interface Outstanding {
  readonly node: string;
  readonly lineage: string;
  /** the bundle's id */
  readonly id: string;
  readonly reason: Finding;
  /** ISO 8601 */
  readonly since: string;
}

/** Earlier versions have written a line. */
const reasonSchema = v.pipe(
  v.union([v.string(), v.record(v.string(), v.unknown())]),
  v.transform((reason) =>
    typeof reason === 'string'
      ? findingOfLine(reason)
      : (readFinding(reason, []) ?? findingOfLine('no word why')),
  ),
);

const outstandingSchema = v.array(
  v.object({ node: v.string(), lineage: lineageName, id: hash, reason: reasonSchema, since: time }),
);

/** A generation that a node has not taken, from now on. */
export function outstandingAt(
  { name }: Pick<ClusterNode, 'name'>,
  { lineage, leaf }: Pick<Manifest, 'lineage' | 'leaf'>,
  reason: Finding,
): Outstanding {
  return { node: name, lineage, id: leaf.sha256, reason, since: new Date().toISOString() };
}

/**
 * `stateDir/outstanding.json`: what `certbot-ha sync` has still to deliver, for people and for rsync,
 * which cannot ask. Safe for several programs at once. A damaged file counts as absent.
 */
export interface OutstandingList {
  list(): Promise<readonly Outstanding[]>;
  /** One delivery a node and lineage; a later one keeps the first one's time. */
  add(deliveries: readonly Outstanding[]): Promise<void>;
  /** Takes it off where it is one of these bundles: a newer one may have been added meanwhile. */
  done(node: string, lineage: string, ids: readonly string[]): Promise<void>;
  /** Takes off what other nodes and lineages lack: they are no more. */
  keep(nodes: readonly string[], lineages: readonly string[]): Promise<void>;
}

export function createOutstanding(stateDir: string, onDamage: OnDamage): OutstandingList {
  const { outstanding: file, owed: old, backup } = layoutOf(stateDir);

  /** With what an earlier version has left, as long as it is there. */
  async function list(): Promise<readonly Outstanding[]> {
    const [current, before] = await Promise.all([
      valueIn(file, outstandingSchema, onDamage),
      valueIn(old, outstandingSchema, onDamage),
    ]);
    return merged(before ?? [], current ?? []);
  }

  // Several peers are done at once, and the deploy hook may run beside sync.
  const locked = async (run: () => Promise<void>) => {
    await mkdir(stateDir, { recursive: true });
    await withLock(file, run);
  };

  async function write(deliveries: readonly Outstanding[]): Promise<void> {
    await writeJsonFile(file, deliveries, { mode: 0o644, isIndented: true }, backup);
    // Only now: killed before it, the next one reads both again.
    await removeIfThere(old);
  }

  async function takeOff(isOver: (delivery: Outstanding) => boolean): Promise<void> {
    if (!(await isStale()) && !(await list()).some(isOver)) return;
    await locked(async () => await write((await list()).filter((delivery) => !isOver(delivery))));
  }

  /** Whether the file is to be written anew, whatever is outstanding. */
  async function isStale(): Promise<boolean> {
    const readings = await Promise.all(
      [file, old].map(async (path) => await readJsonFile(path, outstandingSchema)),
    );
    return readings[0]?.state === 'damaged' || readings[1]?.state !== 'absent';
  }

  return {
    list,
    async add(deliveries) {
      if (deliveries.length > 0) await locked(async () => await write(merged(await list(), deliveries)));
    },
    done: async (node, lineage, ids) =>
      await takeOff(
        (delivery) => delivery.node === node && delivery.lineage === lineage && ids.includes(delivery.id),
      ),
    keep: async (nodes, lineages) =>
      await takeOff((delivery) => !nodes.includes(delivery.node) || !lineages.includes(delivery.lineage)),
  };
}

/** The later ones in place of the earlier ones of their node and lineage, since when those are. */
function merged(before: readonly Outstanding[], later: readonly Outstanding[]): readonly Outstanding[] {
  const isOf = (one: Outstanding, other: Outstanding) =>
    one.node === other.node && one.lineage === other.lineage;
  const kept = before.filter((delivery) => !later.some((other) => isOf(delivery, other)));
  const added = later.map((delivery) => ({
    ...delivery,
    since: before.find((other) => isOf(delivery, other))?.since ?? delivery.since,
  }));
  return [...kept, ...added];
}
