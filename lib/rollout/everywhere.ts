import { basename, dirname } from 'node:path';
import { lineOf } from '../findings/words.ts';
import { createLeafIndex } from '../lineage/leaf-index.ts';
import { isOurs } from '../lineage/list.ts';
import { selfAndPeersInService } from '../cluster/drained.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { targetsFor, type Target } from '../cluster/target.ts';
import { seeUsage } from '../gate/usage.ts';
import { namesOf } from '../lineage/names.ts';
import type { Manifest } from '../lineage/bundle.ts';
import { holdersBy, viewsOf, vipHoldersBy } from '../peers/holders.ts';
import { recordedBy, whoseIs } from '../peers/whose.ts';
import { outstandingAt } from '../state/outstanding.ts';
import { layoutOf } from '../state/layout.ts';
import { LIMITS } from '../system/limits.ts';
import { timeLimit } from '../system/time-limit.ts';
import { createLineageTransport } from '../transports/create.ts';
import type { Delivery, LineageTransport } from '../transports/delivery.ts';
import { activate } from './activate.ts';
import { activationWithPeers } from './activation.ts';
import { conclude, type Left } from './conclude.ts';
import type { Deployment } from './deployment.ts';
import { withDeliveryLock } from './lock.ts';
import { rollOrder } from './order.ts';
import { recordCurrent } from './record-current.ts';
import { rollOut } from './roll-out.ts';
import { sightOf } from './see.ts';
import { soundBundle, type Sound } from './sound-bundle.ts';
import { silentAgentsOf, stageAll, type Staging } from './stage.ts';

/**
 * Brings a lineage to every node: stages it on all peers at once, then activates node by node, then
 * sees every node and every VIP. Resolves to 1 when some node does not serve it; what is outstanding
 * is written down for `certbot-ha sync`. A lineage that certbot-ha's hooks do not renew stays on this node.
 * @throws {CertbotHaError} `failed` when the lineage is not sound, so that nothing has left
 */
export async function deployEverywhere(deployment: Deployment): Promise<0 | 1> {
  const { cluster, directory, io, signal } = deployment;
  const [configDir, lineage] = [cluster.config.certificates.configDir, basename(directory)];
  // A deploy hook in cli.ini or renewal-hooks/ runs for every lineage of the host.
  if (dirname(dirname(directory)) === configDir && !(await isOurs(configDir, lineage))) {
    io.out(lineOf({ code: 'conf-not-ours', lineage }));
    return 0;
  }
  const sound = await soundBundle(deployment);
  const transport = await createLineageTransport(cluster);
  try {
    const delivery = await transport.deliver();
    const prepared = await prepare(deployment, sound, delivery);
    return await withDeliveryLock(
      layoutOf(cluster.config.stateDir).delivery,
      async () => await rollOutCurrent(deployment, prepared, { delivery, client: transport.client }),
      { io, signal },
    );
  } finally {
    await transport.close();
  }
}

/** What was found first: it is staged before the roll-out has its turn, since what takes longest is the start of the peers' installers. */
interface Prepared {
  readonly sound: Sound;
  /** goes on while a lock is waited for */
  readonly staging: Staging;
}

async function prepare(deployment: Deployment, sound: Sound, delivery: Delivery): Promise<Prepared> {
  const [staging] = await Promise.all([
    stageEverywhere(deployment, sound, delivery),
    // Whatever becomes of this process, sync finds what is to be done.
    expectEverywhere(deployment, sound.bundle.manifest),
  ]);
  return { sound, staging };
}

/** What is in place now that the roll-out has its turn: another node's newer one may have come while it waited. */
async function rollOutCurrent(
  deployment: Deployment,
  prepared: Prepared,
  { delivery, client }: Pick<LineageTransport, 'client'> & { readonly delivery: Delivery },
): Promise<0 | 1> {
  const { cluster, state, directory, isIssued, io, signal } = deployment;
  const current = await soundBundle(deployment);
  const ids = [prepared.sound, current].map(({ bundle }) => bundle.manifest.leaf.sha256);
  const name = basename(directory);
  const targets = targetsFor(cluster, name);
  const services = settingsOf(cluster.config, name).served;
  const isOfAnother = createLeafIndex(cluster.config.certificates.configDir);
  const { leaf } = current.lineage;
  const isStaged = ids[0] === ids[1];
  const failed = isStaged ? prepared.staging.failed : [];
  const unreached = new Set<ClusterNode | null>(failed.map(({ node }) => node));
  const isReached = ({ node }: Target) => node === null || !unreached.has(node);
  // One connection a peer: behind what is staged only now, the answers would come late.
  const viewing = viewsOf(cluster, signal, isStaged ? client : null, silentAgentsOf(prepared.staging.failed));
  const [views, staging, usage] = await Promise.all([
    viewing,
    isStaged ? prepared.staging : stageEverywhere(deployment, current, delivery),
    // Who could not be reached is not activated: how it was used does not matter.
    seeUsage(targets.filter(isReached), {
      certificate: leaf,
      names: namesOf(leaf),
      services,
      signal,
      whose: whoseIs(directory, {
        isOfAnother,
        recorded: async () => await recordedBy(name, state.records, await viewing),
      }),
    }),
  ]);
  // After the peers have been heard: the newest of this lineage may be theirs, and this node's clock behind.
  const { stamp = null } = await recordCurrent(current.bundle, {
    config: cluster.config,
    records: state.records,
    views,
    isIssued,
    limit: timeLimit(LIMITS.installerMs, signal),
  });
  const options = { cluster, delivery, usage, holdersOf: vipHoldersBy(cluster, views), stamp, io, signal };
  const activation = activationWithPeers(current, options);
  const order = rollOrder(staging.staged, cluster.self, holdersBy(cluster, views));
  const endings = await rollOut(order, async (node) => await activate(node, activation));
  const { manifest } = current.bundle;
  return await conclude(endings, {
    cluster,
    directory,
    leaf: manifest.leaf,
    nodes: selfAndPeersInService(cluster),
    isFirst: current.lineage.generations === 1,
    targets,
    unreached: staging.failed,
    sight: sightOf(activation),
    writeDown: async (left) => await writeDown(left, state, { manifest, ids }),
    io,
  });
}

async function stageEverywhere(
  { cluster, signal, io }: Deployment,
  { bundle }: Sound,
  delivery: Delivery,
): Promise<Staging> {
  return await stageAll(
    selfAndPeersInService(cluster),
    { bundle, delivery },
    { self: cluster.self, signal, io },
  );
}

async function expectEverywhere({ cluster, state }: Deployment, manifest: Manifest): Promise<void> {
  await state.outstanding.add(
    selfAndPeersInService(cluster).map((node) => outstandingAt(node, manifest, { code: 'delivery-begun' })),
  );
}

/** @param ids the bundles that are done where this is served: the one that was found first, and that which was delivered */
async function writeDown(
  left: Left,
  { outstanding }: Deployment['state'],
  { manifest, ids }: { readonly manifest: Manifest; readonly ids: readonly string[] },
): Promise<void> {
  for (const { name } of left.done) await outstanding.done(name, manifest.lineage, ids);
  await outstanding.add([...left.outstanding].map(([node, reason]) => outstandingAt(node, manifest, reason)));
}
