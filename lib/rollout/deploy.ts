import type { Deployment } from './deployment.ts';

/**
 * Puts a lineage to use where `certificates.mode` says: on this node alone where each node has its own
 * lineages or there is no other node, else on every node. Nothing leaves this node in per-node mode.
 * Resolves to 1 when it is not served where it should be.
 * @throws {CertbotHaError} `failed` when the lineage is not sound
 */
export async function deploy(deployment: Deployment): Promise<0 | 1> {
  const { config, peers } = deployment.cluster;
  // Imported late: the two need different halves of the suite, and a hook starts with one of them.
  if (config.certificates.mode === 'per-node' || peers.length === 0) {
    const { deployHere } = await import('./here.ts');
    return await deployHere(deployment);
  }
  const { deployEverywhere } = await import('./everywhere.ts');
  return await deployEverywhere(deployment);
}
