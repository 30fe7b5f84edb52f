import { basename, dirname } from 'node:path';
import { collectBundle } from '../bundle/collect.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { leafOf } from '../bundle/leaf.ts';
import type { ClusterNode } from '../config/config.ts';
import { CertbotHaError } from '../errors.ts';
import type { HookIo } from '../hook/io.ts';
import { recordOwn } from '../install/record-own.ts';
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
import { createOwed } from './owed.ts';
import { rollOut, type NodeEnding } from './roll-out.ts';

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
  const { config, self, peers } = cluster;
  const first = await soundBundle(deployment);
  const transport = await createTransport(cluster);
  try {
    const delivery = await transport.deliver();
    const delivererOf = ({ bundle, lineage }: Sound): Deliverer =>
      createDeliverer({
        ...{ cluster, bundle, lineage, delivery, signal },
        webServer: createWebServer(config.webServer, { env: io.env }),
      });
    const stage = async (sound: Sound) =>
      await stageAll(
        delivererOf(sound),
        peers.filter(({ isDrained }) => !isDrained),
      );
    // Staged before anything else, since what takes longest is the start of the peers' installers.
    const [staging] = await Promise.all([stage(first), oweEverywhere(deployment, first.bundle)]);
    const rollOutLocked = async () => {
      // Read again: another node's newer one may have come while this waited.
      const sound = await soundBundle(deployment);
      const isSame = sound.bundle.manifest.leaf.sha256 === first.bundle.manifest.leaf.sha256;
      const [isHolder, staged] = await Promise.all([
        holdersOf(cluster, signal),
        isSame ? staging : stage(sound),
        recordOwn(config, self.name, sound.bundle),
      ]);
      const ids = [first, sound].map(({ bundle }) => bundle.manifest.leaf.sha256);
      return await activateAll(deployment, sound, { deliverer: delivererOf(sound), isHolder, staged, ids });
    };
    return await withDeliveryLock(config.stateDir, rollOutLocked, signal);
  } finally {
    await transport.close();
  }
}

/** Whatever becomes of this process, sync finds what is to be done. */
async function oweEverywhere({ cluster }: Deployment, { manifest }: Bundle): Promise<void> {
  const { config, self } = cluster;
  const since = new Date().toISOString();
  const debts = config.nodes
    .filter((node) => node === self || !node.isDrained)
    .map(({ name }) => ({
      ...{ node: name, lineage: manifest.lineage, id: manifest.leaf.sha256, since },
      reason: 'its delivery has begun',
    }));
  await createOwed(config.stateDir).add(debts);
}

interface Prepared {
  readonly deliverer: Deliverer;
  readonly isHolder: (node: ClusterNode) => boolean;
  /** the bundles that are owed: the one that was found first, and that which is delivered */
  readonly ids: readonly string[];
  /** why a peer could not be staged, or null */
  readonly staged: ReadonlyMap<ClusterNode, string | null>;
}

async function activateAll(
  deployment: Deployment,
  { bundle }: Sound,
  { deliverer, isHolder, staged, ids }: Prepared,
): Promise<0 | 1> {
  const { config, self } = deployment.cluster;
  const ready = config.nodes.filter((node) => node === self || staged.get(node) === null);
  const endings = await rollOut(rollOrder(ready, self, isHolder), deliverer.activate);
  const unreached = [...staged].flatMap(([node, reason]): NodeEnding[] =>
    reason === null ? [] : [{ node, state: 'owed', messages: [reason] }],
  );
  return await conclude(endings, { ...deployment, manifest: bundle.manifest, deliverer, unreached, ids });
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

/** @returns for each peer why it could not be staged, or null */
async function stageAll(deliverer: Deliverer, peers: readonly ClusterNode[]) {
  const outcomes = await Promise.all(
    peers.map(async (peer) => {
      const outcome = await deliverer.stage(peer);
      return [peer, outcome.isOk ? null : outcome.reason] as const;
    }),
  );
  return new Map(outcomes);
}
