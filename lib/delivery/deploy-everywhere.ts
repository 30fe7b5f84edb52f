import { basename, dirname } from 'node:path';
import { collectBundle } from '../bundle/collect.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { leafOf } from '../bundle/leaf.ts';
import type { ClusterNode } from '../config/config.ts';
import { CertbotHaError } from '../errors.ts';
import type { HookIo } from '../hook/io.ts';
import { recordInstalled } from '../install/record-installed.ts';
import { createRecords } from '../install/records.ts';
import { checkLineage } from '../lineage/check-lineage.ts';
import { readLineage, type Lineage } from '../lineage/lineage.ts';
import { createTransport } from '../transport/create-transport.ts';
import { createWebServer } from '../webserver/web-server.ts';
import type { Cluster } from '../config/cluster.ts';
import { conclude } from './conclude.ts';
import { createDeliverer, type Deliverer } from './deliverer.ts';
import { withDeliveryLock } from './lock.ts';
import { holdersOf } from './holders.ts';
import { rollOrder } from './order.ts';
import { createOwed, debtOf } from './owed.ts';
import { rollOut } from './roll-out.ts';
import { stageAll, type Staging } from './stage-all.ts';

export interface Deployment {
  readonly cluster: Cluster;
  /** the lineage's directory below live/ */
  readonly directory: string;
  /** what certbot says that it is for; empty when nobody says */
  readonly names: readonly string[];
  readonly io: Pick<HookIo, 'env' | 'out' | 'err'>;
  readonly signal: AbortSignal;
}

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

interface Sound {
  readonly bundle: Bundle;
  readonly lineage: Lineage;
}

async function soundBundle({ cluster, directory, names }: Deployment): Promise<Sound> {
  const { configDir } = cluster.config.certificates;
  if (dirname(dirname(directory)) !== configDir) {
    throw new CertbotHaError(
      'config',
      `${directory} is not below certificates.configDir, which is ${configDir}`,
      {
        hint: 'certificates.configDir has to be the --config-dir of certbot, on every node',
      },
    );
  }
  const lineage = await readLineage(directory);
  const problems = checkLineage(lineage, [...new Set(names)], new Date());
  if (problems.length > 0) {
    throw new CertbotHaError('failed', problems, { hint: 'nothing has been delivered or reloaded' });
  }
  const bundle = await collectBundle(configDir, basename(directory), cluster.self.name);
  if (leafOf(lineage.leaf).sha256 === bundle.manifest.leaf.sha256) return { bundle, lineage };
  throw new CertbotHaError('failed', `${directory} has been renewed while it was read`, {
    hint: 'run it again: certbot-ha deploy',
  });
}
