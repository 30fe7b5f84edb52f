import type { Deployment } from './deployment.ts';
import { soundBundle } from './sound-bundle.ts';
import type { Sound } from './sound-bundle.ts';

import type { Bundle } from '../lineage/bundle.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { recordInstalled, createRecords } from '../state/records.ts';

import { createTransport } from '../transports/create.ts';
import { createWebServer } from '../webserver/web-server.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { conclude } from './conclude.ts';
import { createDeliverer, type Deliverer, stageAll, type Staging } from './activate.ts';
import { withDeliveryLock } from './lock.ts';
import { holdersOf } from '../peers/holders.ts';
import { rollOrder } from './order.ts';
import { createOwed, debtOf } from '../state/outstanding.ts';
import { rollOut } from './roll-out.ts';

/**
 * Brings a lineage to every node: stages it on all peers at once, then activates node by node, then
 * looks at every node and every VIP. Resolves to 1 when some node does not serve it; what is owed is
 * written down for `certbot-ha sync`.
 * @throws {CertbotHaError} `failed` when the lineage is not sound, so that nothing has left
 */
export async function deployEverywhere(deployment: Deployment): Promise<0 | 1> {
  const { cluster, signal, io } = deployment;
  const { config, self } = cluster;
  const first = await soundBundle(deployment);
  const transport = await createTransport(cluster);
  try {
    const delivery = await transport.deliver();
    const delivererOf = ({ bundle, lineage }: Sound): Deliverer =>
      createDeliverer({
        ...{ cluster, bundle, lineage, delivery, signal },
        webServer: createWebServer(config.webServer, { env: io.env }),
      });
    const stage = async (sound: Sound) => await stageAll(delivererOf(sound), counting(cluster), self);
    // Staged before anything else, since what takes longest is the start of the peers' installers.
    const [staging] = await Promise.all([stage(first), oweEverywhere(deployment, first.bundle)]);
    const rollOutLocked = async () => {
      // Read again: another node's newer one may have come while this waited.
      const sound = await soundBundle(deployment);
      const isSame = sound.bundle.manifest.leaf.sha256 === first.bundle.manifest.leaf.sha256;
      const [isHolder, { staged, failed }] = await Promise.all([
        holdersOf(cluster, signal),
        isSame ? staging : stage(sound),
        recordInstalled(sound.bundle, createRecords(config.stateDir), new Date()),
      ]);
      const ids = [first, sound].map(({ bundle }) => bundle.manifest.leaf.sha256);
      return await activateAll(deployment, sound, {
        deliverer: delivererOf(sound),
        isHolder,
        staged,
        failed,
        ids,
      });
    };
    return await withDeliveryLock(config.stateDir, rollOutLocked, signal);
  } finally {
    await transport.close();
  }
}

/** Self, drained or not, and every peer that is not. */
function counting({ config, self }: Cluster): readonly ClusterNode[] {
  return config.nodes.filter((node) => node === self || !node.isDrained);
}

/** Whatever becomes of this process, sync finds what is to be done. */
async function oweEverywhere({ cluster }: Deployment, { manifest }: Bundle): Promise<void> {
  const debts = counting(cluster).map((node) => debtOf(node, manifest, 'its delivery has begun'));
  await createOwed(cluster.config.stateDir).add(debts);
}

interface Prepared extends Staging {
  readonly deliverer: Deliverer;
  readonly isHolder: (node: ClusterNode) => boolean;
  /** the bundles that are owed: the one that was found first, and that which is delivered */
  readonly ids: readonly string[];
}

async function activateAll(
  deployment: Deployment,
  { bundle }: Sound,
  { deliverer, isHolder, staged, failed, ids }: Prepared,
): Promise<0 | 1> {
  const order = rollOrder(staged, deployment.cluster.self, isHolder);
  const endings = await rollOut(order, deliverer.activate);
  return await conclude(endings, {
    ...deployment,
    manifest: bundle.manifest,
    deliverer,
    unreached: failed,
    ids,
  });
}
