import { basename, dirname } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import type { Bundle } from '../lineage/bundle.ts';
import { collectBundle } from '../lineage/collect.ts';
import { idOf } from '../lineage/generation.ts';
import type { Lineage } from '../lineage/lineage.ts';
import type { Deployment } from './deployment.ts';
import { soundLineage } from './sound-lineage.ts';

/** A lineage that may leave this node, and the copy of it that travels. */
export interface Sound {
  readonly bundle: Bundle;
  readonly lineage: Lineage;
}

/**
 * Reads a lineage, checks it, and collects its bundle.
 * @throws {CertbotHaError} `failed` when it is not sound
 */
export async function soundBundle(deployment: Deployment): Promise<Sound> {
  const { cluster, directory } = deployment;
  const { configDir } = cluster.config.certificates;
  if (dirname(dirname(directory)) !== configDir) {
    throw new CertbotHaError(
      'config',
      { code: 'not-in-config-dir', directory, configDir },
      { hint: 'certificates.configDir has to be the --config-dir of certbot, on every node' },
    );
  }
  const lineage = await soundLineage(deployment);
  const bundle = await collectBundle(configDir, basename(directory), cluster.self.name);
  if (idOf(lineage.leaf) === bundle.manifest.leaf.sha256) return { bundle, lineage };
  throw new CertbotHaError(
    'failed',
    { code: 'renewed-meanwhile', directory },
    {
      hint: 'run it again: certbot-ha deploy',
    },
  );
}
