import type { HookIo } from '../base/io.ts';
import { waitingFor } from '../base/waiting.ts';
import { printExpected } from '../base/report-error.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { whoOf } from '../cluster/target.ts';
import { brief } from '../findings/brief.ts';
import type { Finding } from '../findings/register.ts';
import { idOfDeletion, type Deletion } from '../lineage/deletion.ts';
import { viewsOf } from '../peers/holders.ts';
import { applyDeletion, putBackLeft, type ApplyOptions } from '../removal/apply-deletion.ts';
import { usesOf } from '../removal/uses.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { eventsFor } from '../state/events-for.ts';
import { layoutOf } from '../state/layout.ts';
import type { State } from '../state/state.ts';
import { createLineageTransport } from '../transports/create.ts';
import type { LineageTransport } from '../transports/delivery.ts';
import { bringDeletion, type DeletionEnding } from './deletion.ts';
import { deletionEvents } from './delivery-events.ts';
import { deletionOf, requireLineage } from './deletable.ts';
import { preview, tell, tellNothing } from './delete-report.ts';
import { withDeliveryLock } from './lock.ts';

export interface DeleteOptions {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records' | 'accepted' | 'outstanding'>;
  readonly io: Pick<HookIo, 'env' | 'out' | 'err' | 'progress'>;
  readonly signal: AbortSignal;
  /** it goes though a web server's configuration names it */
  readonly isForced: boolean;
  /** only tell what would become of it */
  readonly isDryRun: boolean;
  /** what makes the transport, which is closed at the end */
  readonly connect?: (cluster: Cluster) => Promise<Pick<LineageTransport, 'deliver' | 'close'>>;
}

/**
 * Deletes a lineage on every node: first each that answers is asked whether it could go there, and where one
 * cannot, nothing is deleted anywhere. What a node has missed, `sync` brings to it.
 * @returns 1 unless it is gone from every node
 * @throws {CertbotHaError} `usage` for a lineage that nobody has, or that is not certbot-ha's
 */
export async function deleteEverywhere(lineage: string, options: DeleteOptions): Promise<0 | 1> {
  const { cluster, signal } = options;
  const { stateDir } = cluster.config;
  return await withDeliveryLock(
    layoutOf(stateDir).delivery,
    async () => {
      // Of another lineage, perhaps: this one says so itself where it is its own.
      await putBackLeft(cluster.config).catch((error: unknown) =>
        printExpected(error, options.io.err, 'what a removal has left aside: '),
      );
      const views = await viewsOf(cluster, signal);
      await requireLineage(lineage, views, options);
      const deletion = await deletionOf(lineage, views, options);
      const tried = await everywhere({ ...deletion, isTrial: true }, options);
      // Where this node itself cannot, such as while certbot runs, there is nothing to begin with.
      const isObjecting = ({ node, state: end }: DeletionEnding) =>
        end === 'refused' || end === 'untold' || (end === 'silent' && node === cluster.self);
      const objecting = tried.filter(isObjecting);
      if (objecting.some((one) => !options.isForced || one.state === 'silent'))
        return tellNothing(lineage, objecting, options.io);
      if (options.isDryRun) return preview(lineage, tried, options.io);
      const endings = await everywhere(deletion, options);
      await eventsFor(cluster, 'delete').write(...deletionEvents(lineage, endings));
      if (!(await isBegun(deletion, options))) return tellNothing(lineage, endings, options.io);
      await writeDown(deletion, endings, options);
      tell(lineage, endings, options.io);
      return endings.every(({ state }) => state === 'done') ? 0 : 1;
    },
    { io: options.io, signal },
  );
}

/** Self first: whatever becomes of this process, `sync` finds what is to be done. */
async function everywhere(deletion: Deletion, options: DeleteOptions): Promise<readonly DeletionEnding[]> {
  const { cluster, signal, connect = createLineageTransport } = options;
  const own = await onSelf(deletion, options);
  // What is in the way here is in the way of all; what this node remembers, the others will hear of anyway.
  if (!deletion.isTrial && !(await isBegun(deletion, options))) return [own];
  const transport = await connect(cluster);
  try {
    const delivery = await transport.deliver();
    const bring = async (node: Cluster['self']): Promise<DeletionEnding> =>
      node.isDrained
        ? { node, state: 'silent', result: null, findings: [{ code: 'drained' }] }
        : await waitingFor(
            whoOf(node),
            options.io,
            async () => await bringDeletion(node, deletion, { delivery, signal }),
          );
    return [own, ...(await Promise.all(cluster.peers.map(bring)))];
  } finally {
    await transport.close();
  }
}

async function onSelf(deletion: Deletion, options: DeleteOptions): Promise<DeletionEnding> {
  const { config, self } = options.cluster;
  const { io, state } = options;
  const { records, outstanding } = state;
  // Before this node remembers it, and not before it is about to: then `sync` brings it to the others, and else nobody does.
  const writeDeletion: typeof records.writeDeletion = async (tombstone) => {
    await expectEverywhere(deletion, options);
    await records.writeDeletion(tombstone);
  };
  const applying: ApplyOptions = {
    config,
    state: { ...state, records: { ...records, writeDeletion } },
    now: new Date(),
    isByHand: true,
    uses: usesOf(options.cluster, deletion.lineage, io.env),
  };
  let startedMs = performance.now();
  const applied = await withInstallerLock(config.stateDir, async () => {
    startedMs = performance.now();
    return await applyDeletion(deletion, applying);
  });
  if (!deletion.isTrial && !(await isBegun(deletion, options))) {
    const [id, { lineage }] = [idOfDeletion(deletion), deletion];
    for (const { name } of options.cluster.peers) await outstanding.done(name, lineage, [id]);
  }
  const { state: result, findings } = applied;
  const isDone = result === 'deleted' || result === 'unchanged';
  const ended = isDone ? 'done' : result === 'failed' ? 'silent' : 'refused';
  return { node: self, state: ended, result, findings, ms: performance.now() - startedMs };
}

/** Whether this node remembers it, so that the others will have it. */
async function isBegun({ lineage, stamp }: Deletion, { state }: DeleteOptions): Promise<boolean> {
  const known = await state.records.deletionOf(lineage);
  return known !== null && Date.parse(known.stamp) >= Date.parse(stamp);
}

async function expectEverywhere(
  deletion: Deletion,
  { cluster, state: { outstanding } }: DeleteOptions,
): Promise<void> {
  await outstanding.add(
    cluster.peers.map((node) => outstandingAt(node, deletion, { code: 'deletion-begun' })),
  );
}

function outstandingAt({ name }: Cluster['self'], deletion: Deletion, reason: Finding) {
  const { lineage } = deletion;
  const since = new Date().toISOString();
  return { node: name, lineage, id: idOfDeletion(deletion), reason: brief(reason), since };
}

async function writeDown(
  deletion: Deletion,
  endings: readonly DeletionEnding[],
  { cluster: { self }, state: { outstanding } }: DeleteOptions,
): Promise<void> {
  const { lineage } = deletion;
  const id = idOfDeletion(deletion);
  for (const { node, state, findings } of endings.filter((ending) => ending.node !== self)) {
    if (state === 'done') await outstanding.done(node.name, lineage, [id]);
    else
      await outstanding.add([
        outstandingAt(node, deletion, findings[0] ?? { code: 'deletion-waits', lineage }),
      ]);
  }
}
