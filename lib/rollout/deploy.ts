import { basename } from 'node:path';
import type { NewEvent } from '../state/event.ts';
import { eventsFor } from '../state/events-for.ts';
import { tellEnd } from '../state/tell-end.ts';
import { createLeafIndex } from '../lineage/leaf-index.ts';
import { whoseIs } from '../peers/whose.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { targetsFor } from '../cluster/target.ts';
import { heldTargets } from '../cluster/vips.ts';
import { seeUsage } from '../gate/usage.ts';
import { leafOf } from '../lineage/generation.ts';
import { namesOf } from '../lineage/names.ts';
import { webServerFor } from '../webserver/for-lineage.ts';
import { activate } from './activate.ts';
import type { Activation } from './activation.ts';
import { conclude } from './conclude.ts';
import type { Deployment } from './deployment.ts';
import { rollOrder } from './order.ts';
import { rollOut } from './roll-out.ts';
import { sightOf } from './see.ts';
import { soundLineage } from './sound-lineage.ts';

/**
 * Puts a lineage to use where `certificates.mode` says: on self where each node has its own lineages
 * or there is no other node, else on every node. Nothing leaves this node in per-node mode.
 * Resolves to 1 when it is not served where it should be.
 * @throws {CertbotHaError} `failed` when the lineage is not sound
 */
export async function deploy(deployment: Deployment): Promise<0 | 1> {
  const { cluster, directory, isIssued } = deployment;
  const startedMs = performance.now();
  const tell = async (outcome: NewEvent['outcome']) => {
    if (!isIssued) return;
    const [lineage, ms] = [basename(directory), performance.now() - startedMs];
    await eventsFor(cluster, 'deploy').write({ event: 'renewal', lineage, ms, outcome });
  };
  return await tellEnd(async () => await putToUse(deployment), { failed: 'certificate-not-served', tell });
}

async function putToUse(deployment: Deployment): Promise<0 | 1> {
  const { config, peers } = deployment.cluster;
  if (config.certificates.mode === 'per-node' || peers.length === 0) return await deployToSelf(deployment);
  // Imported late: a node that keeps its lineages to itself has no use for what carries them.
  const { deployEverywhere } = await import('./everywhere.ts');
  return await deployEverywhere(deployment);
}

/**
 * A roll-out over self. The lineage may lie anywhere, and need not be one that certbot would renew;
 * nothing is recorded, since nobody asks for it, and nothing left for sync.
 */
async function deployToSelf(deployment: Deployment): Promise<0 | 1> {
  const { cluster, directory, names, io, signal } = deployment;
  const { self, config } = cluster;
  const name = basename(directory);
  const lineage = await soundLineage(deployment);
  // What it does not answer for is another node's, with a certificate of its own.
  const targets = heldTargets(cluster, targetsFor(cluster, name));
  const services = settingsOf(config, name).served;
  const wanted = [...new Set(names.length > 0 ? names : namesOf(lineage.leaf))];
  const isOfAnother = createLeafIndex(config.certificates.configDir);
  const activation: Activation = {
    cluster,
    lineage,
    names: wanted,
    services,
    usage: await seeUsage(targets, {
      certificate: lineage.leaf,
      names: wanted,
      services,
      signal,
      whose: whoseIs(directory, { isOfAnother }),
    }),
    webServer: webServerFor(cluster, name, { env: io.env }),
    sending: null,
    answersFor: () => targets,
    io,
    signal,
  };
  const order = rollOrder([self], self, () => false);
  const endings = await rollOut(order, async (node) => await activate(node, activation));
  return await conclude(endings, {
    cluster,
    directory,
    leaf: leafOf(lineage.leaf),
    isFirst: lineage.generations === 1,
    nodes: [self],
    targets,
    unreached: [],
    sight: sightOf(activation),
    writeDown: null,
    io,
  });
}
