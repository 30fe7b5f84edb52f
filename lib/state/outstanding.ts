import { findingOfLine, readFinding } from '../findings/read.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import { brief } from '../findings/brief.ts';
import { CertbotHaError } from '../base/errors.ts';
import * as v from 'valibot';
import type { Manifest } from '../lineage/bundle.ts';
import { hash, lineageName, time } from '../lineage/schemas.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { withLock } from '../system/lock.ts';
import { statOf } from '../system/read-file.ts';
import { removeIfThere } from '../system/write-file.ts';
import { writeJsonFile, type OnDamage } from './json-file.ts';
import { readJsonList } from './json-list.ts';
import { layoutOf } from './layout.ts';
import { explained, makeStateDir } from './state-dir.ts';

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

/** What lies in the file. Earlier versions have written a line for the reason; now it lies beside it, for another version. */
const entrySchema = v.pipe(
  v.object({
    node: v.string(),
    lineage: lineageName,
    id: hash,
    since: time,
    line: v.optional(v.string(), ''),
    reason: v.union([v.string(), v.record(v.string(), v.unknown())]),
  }),
  v.transform(({ reason, line, ...rest }) => ({
    ...rest,
    reason:
      typeof reason === 'string'
        ? findingOfLine(reason)
        : (readFinding(reason, [line]) ?? findingOfLine('no word why')),
  })),
);

/** A generation that a node has not taken, from now on. */
export function outstandingAt(
  { name }: Pick<ClusterNode, 'name'>,
  { lineage, leaf }: Pick<Manifest, 'lineage' | 'leaf'>,
  reason: Finding,
): Outstanding {
  return { node: name, lineage, id: leaf.sha256, reason: brief(reason), since: new Date().toISOString() };
}

/**
 * `stateDir/outstanding.json`: what `certbot-ha sync` has still to deliver, for people and for rsync,
 * which cannot ask. Safe for several programs at once. What is damaged counts as absent, entry by entry, and is
 * copied to the backups before anything is written in its place; what cannot be read is never written over.
 */
export interface OutstandingList {
  list(): Promise<readonly Outstanding[]>;
  /** One delivery a node and lineage; a later one keeps the first one's time. */
  add(deliveries: readonly Outstanding[]): Promise<void>;
  /** Takes it off where it is one of these bundles: a newer one may have been added meanwhile. */
  done(node: string, lineage: string, ids: readonly string[]): Promise<void>;
  /** Takes off what other nodes and lineages lack: they are no more. */
  keep(noted: readonly Outstanding[], here: StillHere): Promise<void>;
}

/** What is still delivered. It is looked for after `noted` was listed: what another program has noted since is kept, whatever it is of. */
export interface StillHere {
  readonly nodes: readonly string[];
  readonly lineages: readonly string[];
  /** what is kept of any lineage: its deletion */
  readonly ids: readonly string[];
}

export function createOutstanding(stateDir: string, onDamage: OnDamage): OutstandingList {
  const { outstanding: file, owed: old, backup } = layoutOf(stateDir);

  /** With what an earlier version has left, as long as it is there. */
  async function readBoth() {
    const [current, before] = await Promise.all([
      readJsonList(file, entrySchema),
      readJsonList(old, entrySchema),
    ]);
    const damages = [current.damage, before.damage].filter((damage) => damage !== null);
    for (const { damage, file: path } of [current, before]) {
      if (damage === null) onDamage.sound?.(path);
      else onDamage(damage);
    }
    // What is damaged, or an earlier version's, is written anew whatever is outstanding.
    return {
      list: merged(before.entries, current.entries),
      damages,
      isStale: damages.length > 0 || before.isThere,
    };
  }

  // Several peers are done at once, and the deploy hook may run beside sync.
  async function change(next: (list: readonly Outstanding[]) => readonly Outstanding[]): Promise<void> {
    await makeStateDir(stateDir);
    await withLock(file, async () => {
      const { list, damages } = await readBoth();
      for (const { file: damaged, error } of damages) {
        if (error === undefined) await keepAside(damaged, backup, stateDir);
        else throw new CertbotHaError('failed', { code: 'file-unreadable', file: damaged, error });
      }
      const written = next(list).map((delivery) => ({ ...delivery, line: lineOf(delivery.reason) }));
      await writeJsonFile(file, written, { mode: 0o644, isIndented: true }, backup);
      // Only now: killed before it, the next one reads both again.
      await removeIfThere(old);
    });
  }

  async function takeOff(isOver: (delivery: Outstanding) => boolean): Promise<void> {
    const { list, isStale } = await readBoth();
    if (isStale || list.some(isOver)) await change((now) => now.filter((delivery) => !isOver(delivery)));
  }

  return {
    list: async () => (await readBoth()).list,
    async add(deliveries) {
      if (deliveries.length > 0) await change((list) => merged(list, deliveries));
    },
    done: async (node, lineage, ids) =>
      await takeOff(
        (delivery) => delivery.node === node && delivery.lineage === lineage && ids.includes(delivery.id),
      ),
    keep: async (noted, here) => await takeOff(isOver(noted, here)),
  };
}

/** The file itself stays, and what is sound in it, until the new one takes its place. */
async function keepAside(file: string, backup: string, stateDir: string): Promise<void> {
  // Imported late, as in json-file.
  const { copyAside, setOwnAside } = await import('../system/set-aside.ts');
  try {
    const stat = await statOf(file);
    if (stat?.isFile() === true) await copyAside(file, backup);
    else if (stat !== null) await setOwnAside(file, backup);
  } catch (error) {
    throw explained(error, stateDir);
  }
}

/** The later ones in place of the earlier ones of their node and lineage, since when those are. */
function merged(before: readonly Outstanding[], later: readonly Outstanding[]): readonly Outstanding[] {
  const kept = before.filter((delivery) => !later.some((other) => isOf(delivery, other)));
  const added = later.map((delivery) => ({
    ...delivery,
    since: before.find((other) => isOf(delivery, other))?.since ?? delivery.since,
  }));
  return [...kept, ...added];
}

function isOf(one: Outstanding, other: Outstanding): boolean {
  return one.node === other.node && one.lineage === other.lineage;
}

function isOver(noted: readonly Outstanding[], { nodes, lineages, ids }: StillHere) {
  const over = noted.filter(
    ({ node, lineage, id }) => !nodes.includes(node) || !(lineages.includes(lineage) || ids.includes(id)),
  );
  return (delivery: Outstanding) => over.some((one) => isOf(one, delivery) && one.id === delivery.id);
}
